import { RcuDomain } from '../sync/rcu.ts';
import { perWorld } from './per-world.ts';

/** The RCU of the system: `rcu().readLock()` is `rcu_read_lock`, `rcu().synchronize()` is `synchronize_rcu`. */
export const rcu: () => RcuDomain = perWorld(() => new RcuDomain({ name: 'rcu' }));
