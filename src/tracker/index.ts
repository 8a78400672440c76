export { type ObjectOptions, Session, type SessionOptions } from '../core/session.ts';
export { type DeptOptions, DeptTracker } from './dept.ts';
export { DEPT_POLICY, LINUX_POLICY, type Policy, policyFor, type SameClassPolicy } from './policy.ts';
export { WaitsFor, type WaitsForOptions } from './waits-for.ts';
