/** A function that may be a part of a lock. */
export interface PartText {
  readonly name: string;
  /** Their names, empty for what is taken apart. */
  readonly parameters: readonly string[];
  /** All of them as they are written, with what they are when nothing is given. */
  readonly parameterList: string;
  /** Its body as it is written, without strings; insertions go into it. */
  readonly body: string;
  /** Where that begins in its module. */
  readonly begin: number;
  /** The same with `this.` before what the lock remembers and before the parts it has, however they are written. */
  readonly text: string;
  /** The program can call it, and it can be replaced. */
  readonly isReplaceable: boolean;
  /** Each object has one of its own. */
  readonly isField?: boolean;
}

/** What may be a lock: a class, a function that makes objects, a module. */
export interface LockCandidate {
  readonly kind: 'class' | 'made' | 'module';
  readonly parts: readonly PartText[];
  /** All of it, as `text` of a part. */
  readonly text: string;
}
