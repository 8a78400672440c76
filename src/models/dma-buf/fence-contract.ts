import type { Context } from '../../core/context.ts';
import type { Misuse, Observer } from '../../core/vocabulary.ts';
import type { Wait } from '../../core/wait.ts';
import { activeSession, misuse } from '../../sync/hooks.ts';
import { runtime } from '../../sync/runtime.ts';
import { MMAP_LOCK } from '../mm/mmap-lock.ts';
import { FS_RECLAIM, MMU_NOTIFIER } from '../mm/reclaim.ts';
import type { DmaFence } from './fence.ts';
import { DMA_FENCE_MAP } from './fence-signalling.ts';
import { type DmaFencePromise, type DmaFenceWatcher, dmaFenceWatchers } from './fence-watcher.ts';

/**
 * The rules of Documentation/driver-api/dma-buf.rst, "DMA Fence Cross-Driver Contract" and "Indefinite DMA Fences":
 *
 * - R1 fences complete in bounded time, whatever the work does.
 * - R2 nobody gives up on another driver's fence before that driver does.
 * - R3 the code that leads to a signal is annotated.
 * - R4 fences are waited for under dma_resv locks, so the way to a signal takes none, nor mmap_lock above them.
 * - R5 they are waited for in shrinkers, so the way to a signal does not allocate with GFP_KERNEL.
 * - R6 they are waited for in MMU notifiers, so it does not allocate with GFP_NOFS or GFP_NOIO either.
 * - R7 only GPU drivers may do R5 and R6 to themselves.
 * - R8 callbacks do not sleep, and do not take the lock they run under again.
 * - R9 what is not bound to happen is no dma_fence: future, proxy and user fences, long-running work.
 */
export type FenceRule = 'R1' | 'R2' | 'R3' | 'R4' | 'R5' | 'R6' | 'R7' | 'R8' | 'R9';

export interface FenceViolation {
  readonly rule: FenceRule;
  readonly message: string;
}

export interface FenceContractOptions {
  /** Virtual ms in which every published fence has to complete; 10 s if not given, as drivers' hang detection. */
  readonly boundMs?: number;
  /** Drivers that may wait for fences where memory is reclaimed. */
  readonly gpuDrivers?: readonly string[];
  /** Names of the classes the rules are about, where a model calls them otherwise. */
  readonly classes?: Partial<ContractClasses>;
}

interface ContractClasses {
  readonly resv: string;
  readonly mmap: string;
  readonly reclaim: string;
  readonly notifier: string;
}

const CLASSES: ContractClasses = Object.freeze({
  resv: 'reservation_ww_class',
  mmap: MMAP_LOCK,
  reclaim: FS_RECLAIM,
  notifier: MMU_NOTIFIER,
});

const BOUND_MS = 10_000;

/** Checks the cross-driver contract while a world runs. Violations are misuses of kind `fence-contract`. */
export class FenceContract implements DmaFenceWatcher, Observer {
  readonly violations: FenceViolation[] = [];
  readonly #boundMs: number;
  readonly #gpuDrivers: ReadonlySet<string>;
  readonly #classes: ContractClasses;
  /** Published and not signaled, with what disarms the timer of each. */
  readonly #pending = new Map<DmaFence, () => void>();
  /** Contexts inside the callbacks of a fence. */
  readonly #inCallback = new Map<Context, DmaFence>();

  constructor(options: FenceContractOptions = {}) {
    this.#boundMs = options.boundMs ?? BOUND_MS;
    this.#gpuDrivers = new Set(options.gpuDrivers);
    this.#classes = { ...CLASSES, ...options.classes };
  }

  /** A contract that watches the world in force, and the attached session, from now on. */
  static watch(options: FenceContractOptions = {}): FenceContract {
    const contract = new FenceContract(options);
    dmaFenceWatchers().add(contract);
    activeSession()?.addObserver(contract);
    return contract;
  }

  /** Numbers of the rules that were broken, in order, each once. */
  get broken(): FenceRule[] {
    return [...new Set(this.violations.map(({ rule }) => rule))].sort();
  }

  /** Everything is over: what was published and is not signaled will never be. */
  finish(): void {
    for (const [fence, disarm] of this.#pending) {
      disarm();
      this.#violated('R1', fence, `dma_fence ${fence.label} was published and is never signaled`);
    }
    this.#pending.clear();
  }

  published(fence: DmaFence, promise: DmaFencePromise): void {
    if (promise !== 'work') {
      this.#violated('R9', fence, `dma_fence ${fence.label} stands for a ${promise} fence: nothing bounds its wait`);
    }
    if (fence.testSignaledFlag() || this.#pending.has(fence)) return;
    const message = `dma_fence ${fence.label} is not signaled after ${this.#boundMs} ms; drivers need a timeout`;
    const disarm = runtime().timer(() => {
      this.#pending.delete(fence);
      this.#violated('R1', fence, message);
    }, this.#boundMs);
    this.#pending.set(fence, disarm);
  }

  signals(fence: DmaFence, annotated: boolean): void {
    if (annotated || !this.#pending.has(fence)) return;
    const advice = 'begin the signalling section where the code becomes needed for it';
    this.#violated('R3', fence, `dma_fence ${fence.label} is signaled outside a signalling section; ${advice}`);
  }

  signaled(fence: DmaFence): void {
    this.#pending.get(fence)?.();
    this.#pending.delete(fence);
    const context = activeSession()?.current;
    if (context !== undefined) this.#inCallback.set(context, fence);
  }

  settled(): void {
    const context = activeSession()?.current;
    if (context !== undefined) this.#inCallback.delete(context);
  }

  waits(fence: DmaFence, _timeout: number, driver: string | null): void {
    if (driver !== null && this.#gpuDrivers.has(driver)) return;
    const { reclaim, notifier } = this.#classes;
    const inside = activeSession()?.current;
    inside?.forEachHeld(({ object }) => {
      const { name } = object.key;
      if (name !== reclaim && name !== notifier) return;
      this.#violated('R7', fence, `${driver ?? inside.name} waits for dma_fence ${fence.label} inside ${name}`);
    });
  }

  waited(fence: DmaFence, timeout: number, driver: string | null, result: number): void {
    if (result !== 0 || timeout === 0 || driver === null) return;
    const owner = fence.ops?.getDriverName(fence);
    if (owner === undefined || owner === driver) return;
    this.#violated('R2', fence, `${driver} gives up on dma_fence ${fence.label} of ${owner} after ${timeout} jiffies`);
  }

  freed(fence: DmaFence): void {
    const disarm = this.#pending.get(fence);
    if (disarm === undefined) return;
    disarm();
    this.#pending.delete(fence);
    this.#violated('R1', fence, `dma_fence ${fence.label} is freed unsignaled`);
  }

  onWait(context: Context, wait: Wait): void {
    const callbackOf = this.#inCallback.get(context);
    if (callbackOf !== undefined) this.#waitInCallback(context, callbackOf, wait);
    const rule = this.#forbids(wait);
    if (rule === null || !isHeadingForSignal(context)) return;
    const { name } = wait.object.key;
    this.#violated(rule, null, `${context.name} waits for ${name} on the way to the signal of a dma_fence`);
  }

  onMisuse(context: Context, seen: Misuse): void {
    const fence = this.#inCallback.get(context);
    if (fence === undefined || seen.kind !== 'scheduling-while-atomic') return;
    this.#violated('R8', fence, `a callback of dma_fence ${fence.label} sleeps`);
  }

  #waitInCallback(context: Context, fence: DmaFence, wait: Wait): void {
    context.forEachHeld(({ object }) => {
      if (object !== wait.object) return;
      const advice = 'put it off to an irq_work or a worker';
      this.#violated(
        'R8',
        fence,
        `a callback of dma_fence ${fence.label} takes the lock it runs under again; ${advice}`,
      );
    });
  }

  #forbids({ object }: Wait): FenceRule | null {
    const { resv, mmap, reclaim, notifier } = this.#classes;
    const { name } = object.key;
    if (name === resv || name === mmap) return 'R4';
    if (name === reclaim) return 'R5';
    return name === notifier ? 'R6' : null;
  }

  #violated(rule: FenceRule, fence: DmaFence | null, message: string): void {
    this.violations.push({ rule, message });
    misuse('fence-contract', fence?.map?.object ?? null, `${rule}: ${message}`);
  }
}

/** Inside a signalling section, or the owner of a fence. */
function isHeadingForSignal(context: Context): boolean {
  let isHeading = false;
  context.forEachHeld(({ object, how }) => {
    const { kind, name } = object.key;
    if (kind === 'fence' || (name === DMA_FENCE_MAP && how.trylock)) isHeading = true;
  });
  return isHeading;
}
