export { hz, jiffies, jiffiesToMs, MAX_SCHEDULE_TIMEOUT, msToJiffies } from './jiffies.ts';
export { Lifetime } from './lifetime.ts';
export { KernelModule } from './module.ts';
export { openRaceWindows } from './race-window.ts';
export { rcu } from './rcu.ts';
