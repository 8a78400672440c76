import { EBUSY, ENODEV, ENOMEM } from '../../sync/errno.ts';
import { WaitQueueHead } from '../../sync/wait-queue.ts';
import { Lifetime } from '../lifetime.ts';
import { perWorld } from '../per-world.ts';
import { current, fatalSignalPending, type Process } from '../process.ts';
import { warnOn } from '../warn.ts';
import { __GFP_DIRECT_RECLAIM, __GFP_NORETRY, type GfpMask } from './gfp.ts';
import type { Page } from './page.ts';
import { PageCounter } from './page-counter.ts';
import { PAGE_SIZE } from './page-size.ts';
import { fsReclaimAcquire, fsReclaimRelease } from './reclaim.ts';

export interface MemCgroupOptions {
  /** The group it is in; the root if not given, null for the root itself. */
  readonly parent?: MemCgroup | null;
  /** `memory.max` in bytes; no limit if not given. */
  readonly max?: number;
  /** At the limit a process of the group is killed. Off if not given: who asks for memory gets -ENOMEM. */
  readonly oomKill?: boolean;
}

/** Gives back memory of a group, as a shrinker that knows groups: at most `pages`. @returns pages that were uncharged */
export type Reclaimer = (pages: number) => Promise<number> | number;

/*
process ---- member of ----> memcg <---- page->memcg_data ---- page
   |                           |                                |
   allocates: charged to its memcg and all above                freed by anybody: uncharged there

rmdir: the name goes; the memcg stays as long as a page is charged to it (a zombie)
*/

/**
 * `struct mem_cgroup` (mm/memcontrol.c): who pays for memory. A page is charged to the group of the process that allocates
 * it, and to every group above; it stays charged there until it is freed, whoever uses it and whoever frees it.
 */
export class MemCgroup {
  readonly name: string;
  readonly parent: MemCgroup | null;
  readonly counter: PageCounter;
  readonly oomKill: boolean;
  /** This group and all above it. */
  readonly #lineage: readonly MemCgroup[];
  readonly #css: Lifetime;
  readonly #children = new Set<MemCgroup>();
  readonly #processes = new Set<Process>();
  readonly #reclaimers: Reclaimer[] = [];
  readonly #oomWait: WaitQueueHead = new WaitQueueHead({ name: 'memcg_oom_waitq' });
  /** Pages charged to this very group; each holds a reference to its css. */
  #pages = 0;
  #online = true;

  /** `mkdir` in a cgroup file system. */
  constructor(name: string, { parent, max, oomKill = false }: MemCgroupOptions = {}) {
    this.name = name;
    this.parent = parent === undefined ? rootMemCgroup() : parent;
    this.counter = new PageCounter(this.parent?.counter ?? null, toPages(max ?? Number.POSITIVE_INFINITY));
    this.oomKill = oomKill;
    this.#lineage = [this, ...(this.parent === null ? [] : this.parent.#lineage)];
    this.#css = new Lifetime(`mem_cgroup ${name}`);
    this.parent?.adopt(this);
  }

  /** `memory.current` in bytes, groups below included. */
  get usage(): number {
    return this.counter.usage * PAGE_SIZE;
  }

  /** `memory.max` in bytes. */
  get max(): number {
    return this.counter.max * PAGE_SIZE;
  }

  /** `mem_cgroup_online`: it was not removed. */
  get online(): boolean {
    return this.#online;
  }

  /** Removed, and kept alive by what is charged to it. */
  get isZombie(): boolean {
    return !this.#online && !this.#css.freed;
  }

  /** The memory of the group itself is freed (`css_free`). */
  get freed(): boolean {
    return this.#css.freed;
  }

  /** Bytes charged to zombies, here and below: memory for which nobody can be asked any more. */
  get zombieBytes(): number {
    const own = this.isZombie ? this.#pages * PAGE_SIZE : 0;
    return [...this.#children].reduce((sum, child) => sum + child.zombieBytes, own);
  }

  /** Zombies here and below (`nr_dying_descendants`). */
  get zombies(): number {
    return [...this.#children].reduce((sum, child) => sum + child.zombies, this.isZombie ? 1 : 0);
  }

  /** Processes of the group itself. */
  get processes(): readonly Process[] {
    return [...this.#processes];
  }

  /** Part of the constructor of a group below. */
  adopt(child: MemCgroup): void {
    this.#css.check('cgroup_mkdir');
    warnOn(!this.#online, `cgroup_mkdir(${child.name}) in ${this.name}, which was removed`);
    this.#children.add(child);
  }

  /** Part of `Process`: it is a member from now on. @returns 0, or -ENODEV for a group that was removed */
  attach(process: Process): number {
    if (!this.#online) return -ENODEV;
    this.#processes.add(process);
    return 0;
  }

  /** Part of `Process`: it left, or exited. */
  detach(process: Process): void {
    this.#processes.delete(process);
    this.#wakeUp();
  }

  /** Says how memory of this group can be reclaimed. */
  addReclaimer(reclaimer: Reclaimer): void {
    this.#reclaimers.push(reclaimer);
  }

  /** Writes `memory.max`, in bytes; what is charged already stays. */
  setMax(max: number): void {
    this.counter.max = toPages(max);
    this.#wakeUp();
  }

  /**
   * `try_charge_memcg`: here and above, or nowhere. A mask with direct reclaim may sleep for it, and kill for it unless it
   * says `__GFP_NORETRY`. @returns 0, or -ENOMEM
   */
  async charge(pages: number, gfp: GfpMask): Promise<number> {
    this.#css.check('try_charge_memcg');
    for (;;) {
      const full = this.counter.tryCharge(pages);
      if (full === null) break;
      if ((gfp & __GFP_DIRECT_RECLAIM) === 0) return -ENOMEM;
      const over = this.#lineage.find(({ counter }) => counter === full) as MemCgroup;
      if ((await over.#reclaim(pages)) > 0) continue;
      if ((gfp & __GFP_NORETRY) !== 0 || fatalSignalPending()) return -ENOMEM;
      if (!(await over.#outOfMemory(pages))) return -ENOMEM;
    }
    this.#pages += pages;
    return 0;
  }

  /** `memcg_uncharge`. WARNs for more than was charged. The last page of a removed group frees the group. */
  uncharge(pages: number): void {
    this.#css.check('memcg_uncharge');
    const isTooMuch = this.#pages < pages || !this.counter.uncharge(pages);
    if (warnOn(isTooMuch, `page_counter underflow: ${pages} pages of ${this.#pages} of ${this.name}`)) return;
    this.#pages -= pages;
    this.#wakeUp();
    this.#freeIfDead();
  }

  /** `rmdir`. @returns 0; -EBUSY with processes in it, or groups; -ENODEV when it was removed before */
  rmdir(): number {
    if (!this.#online) return -ENODEV;
    if (this.#processes.size > 0 || [...this.#children].some(({ online }) => online)) return -EBUSY;
    this.#online = false;
    this.#freeIfDead();
    return 0;
  }

  /** `css_put` of the last reference: neither pages nor groups below are left. */
  #freeIfDead(): void {
    if (this.#online || this.#pages > 0 || this.#children.size > 0) return;
    this.#css.free('css_free');
    if (this.parent !== null) this.parent.#disown(this);
  }

  #disown(child: MemCgroup): void {
    this.#children.delete(child);
    this.#freeIfDead();
  }

  /** `try_to_free_mem_cgroup_pages`: here and below, until there is enough. */
  async #reclaim(pages: number): Promise<number> {
    fsReclaimAcquire();
    let freed = 0;
    for (const reclaimer of this.#allReclaimers()) {
      if (freed < pages) freed += await reclaimer(pages - freed);
    }
    fsReclaimRelease();
    return freed;
  }

  #allReclaimers(): Reclaimer[] {
    return [...this.#reclaimers, ...[...this.#children].flatMap((child) => child.#allReclaimers())];
  }

  /** `mem_cgroup_oom`: kills a process of the group and waits for its memory. @returns false when nobody else can be killed */
  async #outOfMemory(pages: number): Promise<boolean> {
    const victim = this.oomKill ? this.#victim() : null;
    if (victim === null) return false;
    victim.kill();
    if (victim === current()) return false;
    await this.#oomWait.waitEvent(() => victim.exited || this.counter.usage + pages <= this.counter.max);
    return true;
  }

  /** The process that joined first of those that were not killed yet. */
  #victim(): Process | null {
    for (const process of this.#processes) if (!process.killed) return process;
    for (const child of this.#children) {
      const victim = child.#victim();
      if (victim !== null) return victim;
    }
    return null;
  }

  /** Those who wait for memory here or above look again. */
  #wakeUp(): void {
    for (const group of this.#lineage) if (group.#oomWait.waiting > 0) group.#oomWait.wakeUpAll();
  }
}

/** `root_mem_cgroup`: has no limit; everything is below it. */
export const rootMemCgroup: () => MemCgroup = perWorld(() => new MemCgroup('/', { parent: null }));

/** `__memcg_kmem_charge_page`: the group of the current process pays for the page. @returns 0, or -ENOMEM */
export async function memcgChargePage(page: Page, gfp: GfpMask): Promise<number> {
  const memcg = current().memcg ?? rootMemCgroup();
  const result = await memcg.charge(page.count, gfp);
  if (result === 0) page.memcg = memcg;
  return result;
}

/** One group pays for all of the pages, or for none. Who paid before is the caller's to think of. @returns 0, or -ENOMEM */
export async function memcgChargePages(pages: readonly Page[], memcg: MemCgroup, gfp: GfpMask): Promise<number> {
  const count = pages.reduce((sum, page) => sum + page.count, 0);
  const result = await memcg.charge(count, gfp);
  if (result === 0) for (const page of pages) page.memcg = memcg;
  return result;
}

/** `__memcg_kmem_uncharge_page`: whoever paid gets it back. */
export function memcgUnchargePage(page: Page): void {
  page.memcg?.uncharge(page.count);
  page.memcg = null;
}

function toPages(bytes: number): number {
  return Math.floor(bytes / PAGE_SIZE);
}
