/**
 * `precise`: hooks from the start; exact. While nothing is owed, asked for or waited for, they only link each promise to the
 * one it waits for. `dynamic`: no hooks at all until then, so an idle program pays nothing, and pauses where nothing has been
 * learnt for long; what was awaited while they were off is missed, nothing is ever invented. `light` has no hooks: see there.
 */
export type AttributionMode = 'precise' | 'dynamic' | 'light';
