/**
 * Cases whose `expect` we believe wrong, by title, with the reason. Empty: of the 424 replayable cases none is disputed.
 * A case that is listed here must really disagree, so an entry that has become needless fails the test.
 */
export const DISPUTED: ReadonlyMap<string, string> = new Map();
