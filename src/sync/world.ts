import { DeptError } from '../core/dept-error.ts';
import type { IrqType } from '../core/irq.ts';
import { firstRunnable, type Pick, seededPick } from './choice.ts';
import { activeSession } from './hooks.ts';
import { deferred, type Parked } from './parked.ts';
import { type ParkReason, type Runtime, type SpawnKind, setRuntime, type Thread } from './runtime.ts';
import { Activation, Task, type TaskKind } from './task.ts';
import { TimerQueue } from './timer-queue.ts';

export interface WorldOptions {
  /** Seeds the scheduler. Without seed and `choose` threads run in the order in which they became runnable. */
  readonly seed?: number;
  /** Picks which of the runnable threads runs next, by index. */
  readonly choose?: (runnable: readonly Task[]) => number;
  /** Jiffies of a second; 1000 if not given. */
  readonly hz?: number;
}

/** A thread nobody will ever wake. */
export interface StuckTask {
  readonly task: Task;
  readonly waitingFor: string;
}

export interface RunResult {
  readonly finished: readonly Task[];
  readonly stuck: readonly StuckTask[];
}

/** Microtask turns a thread may take between two stops; more mean that it awaits something the world cannot wake. */
const MAX_TURNS = 1_000_000;
/** The same for a thread that has several stops open and was woken from one that may not be enough. */
const MAX_TURNS_HALF_WOKEN = 10_000;

/**
 * A deterministic runtime: simulated threads over a virtual clock. Exactly one thread runs at a time, from where it was
 * woken to its next stop or end; a woken thread waits for its turn; when none can run, the clock jumps to the next
 * timer. Threads are asynchronous functions that await simulated primitives only, one at a time.
 */
export class World implements Runtime {
  readonly hz: number;
  readonly #pick: Pick;
  readonly #choose: ((runnable: readonly Task[]) => number) | null;
  readonly #tasks: Task[] = [];
  readonly #runnable: Task[] = [];
  /** Interrupts that may run now: before any thread. */
  readonly #urgent: Task[] = [];
  /** Interrupts that wait until the thread they hit enables them. */
  readonly #deferred = new Map<Task, Task[]>();
  readonly #timers = new TimerQueue();
  readonly #thrown: unknown[] = [];
  #now = 0;
  #running: Task | null = null;
  #turning = false;

  constructor(options: WorldOptions = {}) {
    this.hz = options.hz ?? 1000;
    this.#choose = options.choose ?? null;
    this.#pick = options.seed === undefined ? firstRunnable : seededPick(options.seed);
  }

  /** Virtual milliseconds since the world began. */
  now(): number {
    return this.#now;
  }

  get jiffies(): number {
    return Math.floor((this.#now * this.hz) / 1000);
  }

  /** The thread that runs; null between two turns. */
  get running(): Task | null {
    return this.#running;
  }

  get thread(): Thread | null {
    return this.#running?.top ?? null;
  }

  /** Makes a thread, runnable from now on. */
  task(name: string, body: () => Promise<void> | void, options: { readonly kind?: TaskKind } = {}): Task {
    const task = this.#make(name, options.kind ?? 'task', body);
    this.#runnable.push(task);
    return task;
  }

  spawn(name: string, kind: SpawnKind, body: () => Promise<void>): void {
    this.task(name, body, { kind });
  }

  /** Calls back from the idle loop, as no thread. Use `softirq` in the callback for what a kernel timer does. */
  timer(callback: () => void, ms: number): () => void {
    return this.#timers.add(this.#now + ms, callback);
  }

  /** Sleeps for some time without any object (`msleep`). */
  sleep(ms: number): Promise<void> {
    const parked = this.park<void>({ what: `msleep(${ms})`, spins: false });
    this.timer(() => parked.wake(), ms);
    return parked.promise;
  }

  /** Busy-waits for some time, where sleeping is forbidden too (`mdelay`). */
  delay(ms: number): Promise<void> {
    const parked = this.park<void>({ what: `mdelay(${ms})`, spins: true });
    this.timer(() => parked.wake(), ms);
    return parked.promise;
  }

  /** Lets other threads run (`cond_resched`). */
  yield(): Promise<void> {
    const parked = this.park<void>({ what: 'cond_resched()', spins: false });
    parked.wake();
    return parked.promise;
  }

  park<T>(why: ParkReason): Parked<T> {
    const task = this.#running;
    const { promise, wake, fail } = deferred<T>();
    if (task === null) return { promise, wake, fail };
    this.#refuseSleep(task, why);
    task.state = 'parked';
    task.waitingFor = why.what;
    task.parks++;
    let open = true;
    const goOn = (resume: () => void): void => {
      if (!open) return;
      open = false;
      task.parks--;
      this.#wakeUp(task, resume);
    };
    return { promise, wake: (value) => goOn(() => wake(value)), fail: (error) => goOn(() => fail(error)) };
  }

  /** Raises a hard interrupt: see `softirq`, with `hardirq` for the type. */
  hardirq(handler: () => Promise<void> | void, name = 'hardirq'): Promise<boolean> {
    return this.#interrupt('hardirq', name, handler);
  }

  /**
   * Interrupts the running thread with a handler that must not sleep; the thread awaits the result. While the thread has
   * this type off, or none runs, the handler becomes a context of its own that comes next once it is allowed.
   *
   * @returns false when the handler was put off
   */
  softirq(handler: () => Promise<void> | void, name = 'softirq'): Promise<boolean> {
    return this.#interrupt('softirq', name, handler);
  }

  /**
   * Runs until nothing can run and no timer is left. May be called again after something outside woke a thread.
   *
   * @throws whatever threads threw, as an AggregateError when several did
   * @throws DeptError `ERR_DEPT_NESTED_RUN`, `ERR_DEPT_FOREIGN_AWAIT` when a thread awaits something that is not simulated
   */
  async run(): Promise<RunResult> {
    if (this.#turning) throw new DeptError('ERR_DEPT_NESTED_RUN', 'world.run() is called while the world runs.');
    this.#turning = true;
    const outer = setRuntime(this);
    try {
      for (;;) {
        const task = this.#next();
        if (task !== null) await this.#turn(task);
        else if (!this.#jump()) break;
      }
    } finally {
      setRuntime(outer);
      this.#turning = false;
    }
    this.#rethrow();
    return this.#result();
  }

  #make(name: string, kind: TaskKind, body: () => Promise<void> | void): Task {
    const task = new Task(name, kind, () => this.#enabled(task));
    task.resume = () => void this.#live(task, body);
    this.#tasks.push(task);
    return task;
  }

  async #live(task: Task, body: () => Promise<void> | void): Promise<void> {
    try {
      await body();
    } catch (error) {
      task.error = error;
      this.#thrown.push(error);
    }
    task.state = 'ended';
    task.top.end();
  }

  #wakeUp(task: Task, resume: () => void): void {
    if (task.state === 'ended') return;
    if (task.state === 'runnable') {
      // Two stops are woken before the thread's next turn: both go on in it.
      const earlier = task.resume;
      task.resume = () => {
        earlier();
        resume();
      };
      return;
    }
    task.resume = resume;
    task.state = 'runnable';
    task.waitingFor = null;
    this.#runnable.push(task);
  }

  #next(): Task | null {
    const urgent = this.#urgent.shift();
    if (urgent !== undefined) return urgent;
    const count = this.#runnable.length;
    if (count === 0) return null;
    const index = this.#choose === null ? this.#pick(count) : this.#choose(this.#runnable);
    const [task] = this.#runnable.splice(index, 1);
    if (task === undefined) {
      throw new DeptError('ERR_DEPT_BAD_CHOICE', `choose() returned ${index}; ${count} threads are runnable.`);
    }
    return task;
  }

  /**
   * One turn: the thread goes on, and microtasks run until it stops again or ends. Awaiting a resolved promise lets every
   * microtask queued before it run, so the loop needs nothing of the host but promises.
   */
  async #turn(task: Task): Promise<void> {
    const session = activeSession();
    const before = session?.current;
    this.#running = task;
    task.state = 'running';
    this.#speakFor(task);
    task.resume();
    for (let turns = 0; task.state === 'running'; turns++) {
      if (task.parks > 0 && turns > MAX_TURNS_HALF_WOKEN) task.state = 'parked';
      else if (turns > MAX_TURNS) this.#foreign(task);
      else await null;
    }
    this.#running = null;
    if (session !== null && before !== undefined) session.current = before;
  }

  #speakFor(task: Task): void {
    const session = activeSession();
    const context = task.top.context;
    if (session !== null && context !== null) session.current = context;
  }

  #foreign(task: Task): never {
    this.#running = null;
    throw new DeptError(
      'ERR_DEPT_FOREIGN_AWAIT',
      `${task.name} awaits something the world cannot wake: host timers, I/O or a promise of another world. ` +
        'Use world.sleep() and simulated primitives inside of threads.',
    );
  }

  /** Moves the clock to the next timer. @returns false without one */
  #jump(): boolean {
    const at = this.#timers.next;
    if (at === null) return false;
    this.#now = Math.max(this.#now, at);
    this.#timers.shift()?.();
    return true;
  }

  #interrupt(irq: IrqType, name: string, handler: () => Promise<void> | void): Promise<boolean> {
    const task = this.#running;
    if (task === null) {
      this.#urgent.push(this.#make(name, irq, handler));
      return Promise.resolve(false);
    }
    if (!task.top.allows(irq)) {
      const waiting = this.#deferred.get(task) ?? [];
      waiting.push(this.#make(name, irq, handler));
      this.#deferred.set(task, waiting);
      return Promise.resolve(false);
    }
    task.activations.push(new Activation(name, irq, task.signal, () => this.#enabled(task)));
    this.#speakFor(task);
    return this.#handle(task, handler);
  }

  #handle(task: Task, handler: () => Promise<void> | void): Promise<boolean> {
    const leave = (): void => {
      task.activations.pop()?.end();
      this.#speakFor(task);
      this.#enabled(task);
    };
    let handled: Promise<void> | void;
    try {
      handled = handler();
    } catch (error) {
      leave();
      return Promise.reject(error);
    }
    if (handled instanceof Promise) return handled.finally(leave).then(() => true);
    leave();
    return Promise.resolve(true);
  }

  #enabled(task: Task): void {
    const waiting = this.#deferred.get(task);
    if (waiting === undefined) return;
    const left = waiting.filter((irq) => !task.top.allows(irq.kind as IrqType));
    this.#urgent.push(...waiting.filter((irq) => task.top.allows(irq.kind as IrqType)));
    if (left.length > 0) this.#deferred.set(task, left);
    else this.#deferred.delete(task);
  }

  #refuseSleep(task: Task, why: ParkReason): void {
    if (why.spins || !task.top.atomic) return;
    throw new DeptError('ERR_DEPT_ATOMIC', `scheduling while atomic: ${task.top.name} may not sleep in ${why.what}.`);
  }

  #rethrow(): void {
    const thrown = this.#thrown.splice(0);
    if (thrown.length === 1) throw thrown[0];
    if (thrown.length > 1) throw new AggregateError(thrown, `${thrown.length} threads threw`);
  }

  #result(): RunResult {
    const stuck = this.#tasks
      .filter((task) => task.state === 'parked')
      .map((task) => ({ task, waitingFor: task.waitingFor ?? 'unknown' }));
    return { finished: this.#tasks.filter((task) => task.state === 'ended'), stuck };
  }
}
