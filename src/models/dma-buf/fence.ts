import { EDEADLK, EINVAL, ENOENT } from '../../sync/errno.ts';
import { runtime } from '../../sync/runtime.ts';
import { MAX_SCHEDULE_TIMEOUT } from '../jiffies.ts';
import { cpuRelax, raceWindow } from '../race-window.ts';
import { rcu } from '../rcu.ts';
import { bug, bugOn, warnOn } from '../warn.ts';
import type { DmaFenceCallback, DmaFenceFunc } from './fence-callback.ts';
import { DmaFenceFlag, type DmaFenceOps } from './fence-ops.ts';
import { dmaFenceBeginSignalling, dmaFenceEndSignalling, dmaFenceIsSignalling } from './fence-signalling.ts';
import { DmaFenceStruct } from './fence-struct.ts';
import { type DmaFenceWaitOptions, dmaFenceWaitTimeout } from './fence-wait.ts';
import { type DmaFencePromise, dmaFenceWatchers } from './fence-watcher.ts';

/*
driver                  core                            others

new DmaFence(ops) --->  unsignaled <------------------  addCallback(), wait(), get()
publish()                   |
   |                        |  under the fence's lock, interrupts off:
   v                        |    1 set SIGNALED
signal() ---------------->  |    2 let go of ops, if they have no wait and no release
                            |    3 write the timestamp
                            |    4 run the callbacks: waiters first, then in order
                            v
                        signaled  ------------------->  put() ... last one: freed after a grace period
*/

/**
 * `struct dma_fence` (include/linux/dma-fence.h, drivers/dma-buf/dma-fence.c): an operation that will be finished. It
 * goes from unsignaled to signaled once. Functions that may take the fence's lock, which may be contended, return
 * promises; the lock is a spinlock, so nothing under it may sleep.
 */
export class DmaFence extends DmaFenceStruct {
  #callbacks: DmaFenceCallback[] = [];
  #timestamp = 0;

  /** `dma_fence_signal_timestamp_locked`: the lock is held; `timestamp` in virtual ms. Nothing when it is signaled. */
  async signalTimestampLocked(timestamp: number): Promise<void> {
    this.assertHeld();
    if (this.testAndSetFlag(DmaFenceFlag.SIGNALED)) return;
    await raceWindow('SIGNALED is set');
    const { ops } = this;
    // The callbacks may drop what keeps the module: it must not be needed from here on.
    if (this.fixes.detachOpsOnSignal && !ops?.release && !ops?.wait) this.detachOps();
    await raceWindow('ops are detached');
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    this.#timestamp = timestamp;
    this.testAndSetFlag(DmaFenceFlag.TIMESTAMP);
    this.happens();
    for (const watcher of dmaFenceWatchers()) watcher.signaled?.(this);
    for (const callback of callbacks) {
      if (!callback.linked) continue;
      callback.linked = false;
      await callback.func?.(this, callback);
    }
    for (const watcher of dmaFenceWatchers()) watcher.settled?.(this);
  }

  /** `dma_fence_signal_timestamp` */
  async signalTimestamp(timestamp: number): Promise<void> {
    this.#announce(dmaFenceIsSignalling());
    const flags = await this.lockIrqsave();
    await this.signalTimestampLocked(timestamp);
    this.unlockIrqrestore(flags);
  }

  /** `dma_fence_signal_locked` */
  async signalLocked(): Promise<void> {
    await this.signalTimestampLocked(runtime().now());
  }

  /** `dma_fence_signal`: the one signal function that annotates itself. */
  async signal(): Promise<void> {
    this.memory.check('dma_fence_signal');
    this.#announce(dmaFenceIsSignalling());
    await this.#signalAnnotated();
  }

  /** `dma_fence_check_and_signal_locked`. @returns whether it was signaled before */
  async checkAndSignalLocked(): Promise<boolean> {
    const was = this.testSignaledFlag();
    await this.signalLocked();
    return was;
  }

  /** `dma_fence_check_and_signal`. @returns whether it was signaled before */
  async checkAndSignal(): Promise<boolean> {
    this.#announce(dmaFenceIsSignalling());
    const flags = await this.lockIrqsave();
    const was = await this.checkAndSignalLocked();
    this.unlockIrqrestore(flags);
    return was;
  }

  /** `dma_fence_is_signaled`: may find out by asking the driver, and then runs the callbacks here. */
  async isSignaled(): Promise<boolean> {
    if (this.testSignaledFlag()) return true;
    if (!(await this.#driverSaysSignaled())) return false;
    await this.#signalAnnotated();
    return true;
  }

  /** `dma_fence_is_signaled_locked` */
  async isSignaledLocked(): Promise<boolean> {
    if (this.testSignaledFlag()) return true;
    if (!(await this.#driverSaysSignaled())) return false;
    await this.signalLocked();
    return true;
  }

  /** `dma_fence_get_status_locked` */
  async getStatusLocked(): Promise<number> {
    this.assertHeld();
    if (!(await this.isSignaledLocked())) return 0;
    return this.error < 0 ? this.error : 1;
  }

  /** `dma_fence_get_status`. @returns 0 unsignaled, 1 signaled, or the negative errno it was signaled with */
  async getStatus(): Promise<number> {
    const flags = await this.lockIrqsave();
    const status = await this.getStatusLocked();
    this.unlockIrqrestore(flags);
    return status;
  }

  /** `dma_fence_timestamp`: virtual ms of the signal; now, with a WARN, when it is not signaled. */
  async timestamp(): Promise<number> {
    const isSignaled = this.testSignaledFlag();
    if (warnOn(!isSignaled, `dma_fence_timestamp(${this.label}) before it is signaled`)) return runtime().now();
    while (!this.testFlag(DmaFenceFlag.TIMESTAMP)) await cpuRelax();
    return this.#timestamp;
  }

  /** `dma_fence_set_deadline`: a hint that somebody wants it by then (virtual ms). */
  async setDeadline(deadline: number): Promise<void> {
    const reader = rcu().readLock();
    const ops = this.ops;
    await raceWindow('ops are read');
    if (ops?.setDeadline && !(await this.isSignaled())) await ops.setDeadline(this, deadline);
    reader.unlock();
  }

  /** `dma_fence_driver_name`: call it, and use the string, inside an RCU reader. */
  driverName(): Promise<string> {
    return this.#nameOf('dma_fence_driver_name', (ops) => ops.getDriverName(this), 'detached-driver');
  }

  /** `dma_fence_timeline_name`: call it, and use the string, inside an RCU reader. */
  timelineName(): Promise<string> {
    return this.#nameOf('dma_fence_timeline_name', (ops) => ops.getTimelineName(this), 'signaled-timeline');
  }

  /** `dma_fence_describe` */
  async describe(): Promise<string> {
    const reader = rcu().readLock();
    const isSignaled = await this.isSignaled();
    const names = isSignaled ? ' ' : `${await this.timelineName()} ${await this.driverName()}`;
    reader.unlock();
    return `${this.label} ${names} ${isSignaled ? '' : 'un'}signalled`;
  }

  /** `dma_fence_enable_sw_signaling` */
  async enableSwSignaling(): Promise<void> {
    const flags = await this.lockIrqsave();
    await this.#enableSignaling();
    this.unlockIrqrestore(flags);
  }

  /**
   * `dma_fence_add_callback`: `func` runs at the signal, after those added before.
   *
   * @returns 0; -ENOENT when it is signaled, and `func` will not be called; -EINVAL, with a WARN, without a function
   */
  async addCallback(callback: DmaFenceCallback, func: DmaFenceFunc): Promise<number> {
    const message = `dma_fence_add_callback(${this.label}) without a function`;
    if (warnOn(typeof func !== 'function', message)) return -EINVAL;
    if (this.testSignaledFlag()) return unlinked(callback);
    await raceWindow('the signaled bit is read');
    const flags = await this.lockIrqsave();
    let result = 0;
    if (await this.#enableSignaling()) {
      callback.func = func;
      this.#link(callback);
      this.#callbacks.push(callback);
    } else {
      result = unlinked(callback);
    }
    this.unlockIrqrestore(flags);
    return result;
  }

  /**
   * `dma_fence_remove_callback`. @returns false when the callback ran, or is running: lock and unlock the fence once
   * before its memory goes
   */
  async removeCallback(callback: DmaFenceCallback): Promise<boolean> {
    const flags = await this.lockIrqsave();
    const wasLinked = this.unlinkLocked(callback);
    this.unlockIrqrestore(flags);
    return wasLinked;
  }

  /** Puts a waiter's callback in front of all others; the lock is held (`list_add` in `dma_fence_default_wait`). */
  addWakeLocked(callback: DmaFenceCallback): void {
    this.assertHeld();
    this.#link(callback);
    this.#callbacks.unshift(callback);
  }

  /** `list_del_init`; the lock is held. @returns whether it was installed */
  unlinkLocked(callback: DmaFenceCallback): boolean {
    const at = this.#callbacks.indexOf(callback);
    if (at >= 0) this.#callbacks.splice(at, 1);
    const wasLinked = callback.linked;
    callback.linked = false;
    return wasLinked;
  }

  /**
   * `dma_fence_wait_timeout`: sleeps until it is signaled, at most `timeout` jiffies.
   *
   * @returns the jiffies that were left, 1 for a signaled fence and timeout 0; 0 after the timeout; -ERESTARTSYS when
   *   `intr` and a signal is pending; -EINVAL, with a WARN, for a negative timeout
   * @throws DeptError `ERR_DEPT_ATOMIC` where sleeping is forbidden
   */
  waitTimeout(intr: boolean, timeout: number, options: DmaFenceWaitOptions = {}): Promise<number> {
    return dmaFenceWaitTimeout(this, intr, timeout, options);
  }

  /** `dma_fence_wait`. @returns 0, or -ERESTARTSYS when `intr` and a signal is pending */
  async wait(intr: boolean, options: DmaFenceWaitOptions = {}): Promise<number> {
    return Math.min(0, await dmaFenceWaitTimeout(this, intr, MAX_SCHEDULE_TIMEOUT, options));
  }

  /** `dma_fence_put`. @throws DeptError `ERR_DEPT_USE_AFTER_FREE` after the last one was put */
  async put(): Promise<void> {
    if (this.dropReference()) await this.#release();
  }

  /** `dma_fence_free`: the memory goes after a grace period. Ends every `release` op. */
  free(): void {
    for (const watcher of dmaFenceWatchers()) watcher.freed?.(this);
    rcu().call(() => this.memory.free('dma_fence_free'));
  }

  /**
   * Others can see the fence from now on (`dma_resv_add_fence`, job arm): whoever is heading for its signal counts from
   * here. Of use to DEPT for a fence with a class of its own, and to the rules of the cross-driver contract.
   */
  publish(promise: DmaFencePromise = 'work'): void {
    this.requestSignal();
    for (const watcher of dmaFenceWatchers()) watcher.published?.(this, promise);
  }

  /** `__dma_fence_enable_signaling`; the lock is held. @returns true when the signal is still to come */
  async #enableSignaling(): Promise<boolean> {
    this.assertHeld();
    const was = this.testAndSetFlag(DmaFenceFlag.ENABLE_SIGNAL);
    if (this.testSignaledFlag()) return false;
    const reader = rcu().readLock();
    const enable = this.ops?.enableSignaling;
    const isPending = was || enable === undefined || (await enable(this));
    reader.unlock();
    if (!isPending) await this.signalLocked();
    return isPending;
  }

  async #driverSaysSignaled(): Promise<boolean> {
    const reader = rcu().readLock();
    const ops = this.ops;
    await raceWindow('ops are read');
    const isSignaled = ops?.signaled !== undefined && (await ops.signaled(this));
    reader.unlock();
    return isSignaled;
  }

  async #nameOf(what: string, call: (ops: DmaFenceOps) => string, detached: string): Promise<string> {
    this.assertReader(what);
    if (!this.fixes.namesTestOps) return this.#nameByFlag(what, call, detached);
    const ops = this.ops;
    await raceWindow('ops are read');
    return ops === null ? detached : call(ops);
  }

  /** As first merged: the ops may be detached between the test and the read. */
  async #nameByFlag(what: string, call: (ops: DmaFenceOps) => string, detached: string): Promise<string> {
    if (this.testSignaledFlag()) return detached;
    await raceWindow('the signaled bit is read');
    const ops = this.ops;
    if (ops === null) bug(`NULL pointer dereference: ${what}(${this.label}) reads ops that were detached`);
    return call(ops);
  }

  /** `dma_fence_release`: under RCU, so that ops detached by the signal are not freed under it. */
  async #release(): Promise<void> {
    const reader = rcu().readLock();
    const isPending = this.#callbacks.length > 0 && !this.testSignaledFlag();
    if (warnOn(isPending, `dma_fence ${this.label} is released with pending signals`)) {
      const flags = await this.lockIrqsave();
      // Whoever waits must not wait for ever.
      this.error = -EDEADLK;
      await this.signalLocked();
      this.unlockIrqrestore(flags);
    }
    const release = this.ops?.release;
    if (release === undefined) this.free();
    else await release(this);
    reader.unlock();
  }

  async #signalAnnotated(): Promise<void> {
    const cookie = dmaFenceBeginSignalling();
    const flags = await this.lockIrqsave();
    await this.signalTimestampLocked(runtime().now());
    this.unlockIrqrestore(flags);
    dmaFenceEndSignalling(cookie);
  }

  #announce(annotated: boolean): void {
    if (this.testSignaledFlag()) return;
    for (const watcher of dmaFenceWatchers()) watcher.signals?.(this, annotated);
  }

  #link(callback: DmaFenceCallback): void {
    bugOn(callback.linked, `list_add corruption: a callback for dma_fence ${this.label} is on a fence already`);
    callback.linked = true;
  }
}

function unlinked(callback: DmaFenceCallback): number {
  callback.linked = false;
  return -ENOENT;
}
