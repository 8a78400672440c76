export { drawSteps } from './draw-steps.ts';
export { type Explorable, type Exploration, type ExploreOptions, explore } from './explore.ts';
export { type Seen, sideBySide, type Verdicts } from './side-by-side.ts';
export type { Step } from './steps.ts';
