import { ECANCELED, EIO, ETIME } from '../../sync/errno.ts';
import { KernelCompletion } from '../../sync/kernel-completion.ts';
import type { Parked } from '../../sync/parked.ts';
import { runtime } from '../../sync/runtime.ts';
import type { DmaFence } from '../dma-buf/fence.ts';
import type { PreemptionCost, ShaderWork } from './preemption-cost.ts';

const US_PER_MS = 1000;
/** A boundary the ring stands at is behind it. */
const NANOSECOND_US = 0.001;

/** A client's job on a ring. Its fence is signaled in bounded time, whatever happens to the ring (R1). */
export interface RingJob extends ShaderWork {
  readonly name: string;
  /** Whose it is: a client that hung a ring is banned. */
  readonly client: object;
  readonly fence: DmaFence;
  /** The shader polls a semaphore here, before its first boundary: a fence of another ring. */
  readonly waitsFor?: DmaFence;
}

/** `wedged`: its reset failed, and nothing will ever run on it. */
export type RingState = 'idle' | 'running' | 'stopping' | 'saved' | 'hung' | 'wedged';

/** One stop and start of a ring, in microseconds. */
export interface Switch {
  readonly waitedUs: number;
  readonly saveUs: number;
  restoreUs: number;
}

/** Time of the hardware: no lock and no wait of a program is involved, so nobody hears of it. */
class Pause {
  #parked: Parked<void> | null = null;
  #disarm: () => void = () => undefined;

  /** Passes `us` microseconds, fewer when it is cut short. */
  async pass(us: number): Promise<void> {
    const parked = runtime().park<void>({ what: 'the shader', spins: false });
    this.#parked = parked;
    this.#disarm = Number.isFinite(us) ? runtime().timer(() => this.cut(), us / US_PER_MS) : () => undefined;
    await parked.promise;
  }

  cut(): void {
    this.#disarm();
    const parked = this.#parked;
    this.#parked = null;
    parked?.wake();
  }
}

/**
 * A ring whose firmware can stop what runs, let somebody else run and start it again (the hope of the thread), at the
 * price that `PreemptionCost` says (the answer). Each job runs in a context of its own, the shader.
 */
export class PreemptibleRing {
  readonly nr: number;
  readonly cost: PreemptionCost;
  readonly switches: Switch[] = [];
  readonly banned: Set<object> = new Set();
  /** The firmware does not come back from a reset. */
  resetFails = false;
  state: RingState = 'idle';
  readonly #boundary: KernelCompletion;
  readonly #start: KernelCompletion;
  readonly #jobs: RingJob[] = [];
  readonly #pause = new Pause();
  #stopAsked = false;
  #killed = false;
  #owedStart: Disposable | null = null;
  #savedUs = 0;

  constructor(nr: number, cost: PreemptionCost) {
    this.nr = nr;
    this.cost = cost;
    this.#boundary = new KernelCompletion({ name: `ring${nr}_boundary` });
    this.#start = new KernelCompletion({ name: `ring${nr}_start` });
  }

  /** Jobs on the ring that are not done. */
  get pending(): number {
    return this.#jobs.length;
  }

  /** Puts a job on the ring. A banned client's ends at once with -ECANCELED, one for a wedged ring with -EIO. */
  async submit(job: RingJob): Promise<void> {
    if (this.state === 'wedged') return await end(job, -EIO);
    if (this.banned.has(job.client)) return await end(job, -ECANCELED);
    job.fence.publish();
    this.#jobs.push(job);
    if (this.state === 'idle') this.#begin();
  }

  /**
   * `stop_running_ring`: waits until another client may have the hardware.
   *
   * @param timeoutUs microseconds after which the ring counts as hung
   * @returns 0, or -ETIME: only `reset` helps
   */
  async stop(timeoutUs: number = Number.POSITIVE_INFINITY): Promise<number> {
    if (this.state !== 'running') return this.state === 'hung' ? -ETIME : 0;
    const since = runtime().now();
    this.state = 'stopping';
    this.#stopAsked = true;
    if (this.cost.granularity === 'instruction') this.#pause.cut();
    const isBounded = Number.isFinite(timeoutUs);
    if (!isBounded) await this.#boundary.wait();
    else if ((await this.#boundary.waitTimeout(timeoutUs / US_PER_MS)) === 0) {
      this.state = 'hung';
      return -ETIME;
    }
    const saveUs = this.#savedUs;
    const waitedUs = (runtime().now() - since) * US_PER_MS - saveUs;
    this.switches.push({ waitedUs, saveUs, restoreUs: 0 });
    // Who stopped it has to start it again.
    if (this.#jobs.length > 0) this.#owedStart = this.#start.owe();
    return 0;
  }

  /** `start_running_ring`: restores what was saved and goes on. */
  start(): void {
    if (this.state !== 'saved') return;
    this.state = 'running';
    this.#start.complete();
    this.#owedStart?.[Symbol.dispose]();
    this.#owedStart = null;
  }

  /** Resets the ring: every job on it is lost, and the client of the one that ran is banned. All fences are signaled. */
  async reset(): Promise<void> {
    const lost = this.#jobs.splice(0);
    const [guilty] = lost;
    this.state = this.resetFails ? 'wedged' : 'idle';
    this.#stopAsked = false;
    this.#killed = guilty !== undefined;
    if (guilty !== undefined) this.banned.add(guilty.client);
    for (const job of lost) await end(job, this.resetFails ? -EIO : job === guilty ? -ETIME : -ECANCELED);
    this.#pause.cut();
  }

  #begin(): void {
    const [job] = this.#jobs;
    this.state = job === undefined ? 'idle' : 'running';
    if (job !== undefined) runtime().spawn(`ring${this.nr}`, 'task', () => this.#run(job));
  }

  async #run(job: RingJob): Promise<void> {
    job.fence.owe();
    // A shader polls the semaphore, so the ring cannot be stopped meanwhile: what it owes then is the boundary.
    const owed = job.waitsFor === undefined ? null : this.#boundary.owe();
    await job.waitsFor?.wait(false);
    owed?.[Symbol.dispose]();
    for (let progress = 0; progress < job.workUs; ) {
      progress = await this.#runTo(job, progress);
      if (this.#killed) {
        this.#killed = false;
        return;
      }
      if (this.#stopAsked) await this.#switchOut(job);
    }
    this.#jobs.shift();
    if (this.#jobs.length === 0 && this.#stopAsked) this.#finishStop(0);
    await job.fence.signal();
    this.#begin();
  }

  /** Runs to the next point where it may stop, or to where it was stopped. @returns the progress */
  async #runTo(job: RingJob, progress: number): Promise<number> {
    const since = runtime().now();
    const anywhere = this.cost.granularity === 'instruction';
    const to = anywhere ? job.workUs : this.cost.nextStopUs(job, progress + NANOSECOND_US);
    if (!(anywhere && this.#stopAsked)) await this.#pause.pass(to - progress);
    // Exactly the target when it was not cut short: time is counted in fractions of a millisecond.
    const passed = (runtime().now() - since) * US_PER_MS;
    return anywhere && this.#stopAsked ? Math.min(job.workUs, progress + passed) : to;
  }

  async #switchOut(job: RingJob): Promise<void> {
    const saveUs = this.cost.saveUs(job);
    await this.#pause.pass(saveUs);
    this.#finishStop(saveUs);
    await this.#start.wait();
    const restoreUs = this.cost.restoreUs(job);
    const last = this.switches.at(-1);
    if (last !== undefined) last.restoreUs = restoreUs;
    await this.#pause.pass(restoreUs);
  }

  #finishStop(saveUs: number): void {
    this.#stopAsked = false;
    this.#savedUs = saveUs;
    this.state = 'saved';
    this.#boundary.complete();
  }
}

async function end(job: RingJob, error: number): Promise<void> {
  job.fence.setError(error);
  await job.fence.signal();
}
