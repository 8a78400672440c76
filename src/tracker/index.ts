export { type ObjectOptions, Session, type SessionOptions } from '../core/session.ts';
export { type DeptOptions, DeptTracker } from './dept.ts';
export { DEPT_POLICY, LINUX_POLICY, type Policy, policyFor, type SameClassPolicy } from './policy.ts';
export { Recorder, type RecorderOptions } from './recording/recorder.ts';
export { type Replayed, type ReplayOptions, replay } from './recording/replay.ts';
export { Replayer, type ReplayListener } from './recording/replayer.ts';
export { WaitsFor, type WaitsForOptions } from './waits-for.ts';
