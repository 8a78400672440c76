import type { MisuseKind } from '../../../../src/core/vocabulary.ts';

interface WwContext {
  readonly name: string;
  readonly wwClass: string;
  acquired: number;
  done: boolean;
  contending: string | null;
}

/** What DEBUG_MUTEXES checks of acquire contexts, as far as the kernel's selftests go; the real ones are in src/sync. */
export class WwRules {
  readonly #contexts = new Map<string, WwContext>();
  readonly #owners = new Map<string, WwContext | null>();
  readonly #stale = new Set<string>();
  readonly #misuse: (kind: MisuseKind, name: string) => void;

  constructor(misuse: (kind: MisuseKind, name: string) => void) {
    this.#misuse = misuse;
  }

  markStale(name: string): void {
    this.#stale.add(name);
  }

  /** @returns the acquire context the operation runs under, or null */
  apply(verb: string, name: string, args: ReadonlyMap<string, string>): object | null {
    if (verb === 'ww_ctx_init') {
      const wwClass = args.get('class') ?? 'ww_class';
      this.#contexts.set(name, { name, wwClass, acquired: 0, done: false, contending: null });
      return null;
    }
    const own = this.#contexts.get(name);
    if (verb === 'ww_ctx_done' && own !== undefined) own.done = true;
    if (verb === 'ww_ctx_fini' && own !== undefined && own.acquired > 0) this.#misuse('ww-fini-early', name);
    if (verb === 'ww_release') {
      const owner = this.#owners.get(name);
      if (owner !== undefined && owner !== null) owner.acquired--;
      this.#owners.delete(name);
    }
    const context = this.#contexts.get(args.get('ctx') ?? '') ?? null;
    if (context !== null) this.#take(context, name, args.get('result') ?? 'ok');
    return context;
  }

  #take(context: WwContext, name: string, result: string): void {
    if (result === 'EDEADLK' && context.contending === null) {
      context.contending = name;
      return;
    }
    if (context.contending !== null && context.contending !== name)
      this.#misuse(context.acquired > 0 ? 'ww-acquire-while-edeadlk' : 'ww-contended-lock-skipped', name);
    else if (context.contending !== null && context.acquired > 0) this.#misuse('ww-edeadlk-not-backed-off', name);
    if (result !== 'ok') return;
    context.contending = null;
    if (context.wwClass !== 'ww_class') this.#misuse('ww-class-mismatch', name);
    if (context.done) this.#misuse('ww-acquire-after-done', name);
    if (this.#stale.has(name)) this.#misuse('ww-stale-context', name);
    context.acquired++;
    this.#owners.set(name, context);
  }
}
