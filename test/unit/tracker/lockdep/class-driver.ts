import type { ExactContext } from '../../../../src/core/context.ts';
import type { EventContext } from '../../../../src/core/event-context.ts';
import {
  LOCK,
  READ_LOCK,
  READ_LOCK_RECURSIVE,
  READ_TRYLOCK,
  TRYLOCK,
  WRITE_LOCK,
  WRITE_TRYLOCK,
} from '../../../../src/core/how.ts';
import type { IrqType } from '../../../../src/core/irq.ts';
import { Session } from '../../../../src/core/session.ts';
import type { Stack } from '../../../../src/core/stack.ts';
import type { TrackedObject } from '../../../../src/core/tracked-object.ts';
import type { How, HowMuch, MisuseKind } from '../../../../src/core/vocabulary.ts';
import { Lockdep, type LockdepOptions } from '../../../../src/tracker/lockdep/lockdep.ts';
import type { LockdepReport } from '../../../../src/tracker/lockdep/report.ts';
import { WwRules } from './ww-rules.ts';

/** Kinds of the object types of a case, `spin` or `spin:CLASS`. */
const KINDS: Readonly<Record<string, string>> = {
  spin: 'spinlock',
  raw_spin: 'raw_spinlock',
  mutex: 'mutex',
  rtmutex: 'rtmutex',
  ww_mutex: 'ww_mutex',
  local_lock: 'local_lock',
  rwlock: 'rwlock',
  rwsem: 'rwsem',
  completion: 'completion',
  semaphore: 'semaphore',
};

const TAKES: Readonly<Record<string, How>> = {
  lock: LOCK,
  lock_nested: LOCK,
  lock_nest: LOCK,
  local_lock: LOCK,
  wlock: WRITE_LOCK,
  rlock: READ_LOCK,
  rlock_recursive: READ_LOCK_RECURSIVE,
  trylock: TRYLOCK,
  trywlock: WRITE_TRYLOCK,
  tryrlock: READ_TRYLOCK,
};

const RELEASES = new Set(['unlock', 'local_unlock', 'wunlock', 'runlock']);

export interface CaseText {
  readonly objects: Readonly<Record<string, string>>;
  /** Operations of each context, separated by `; `. */
  readonly contexts: readonly string[];
}

/** Says what a class-mode case says to a session, one context after the other; nothing ever blocks. */
export class ClassDriver {
  readonly session: Session = new Session({ stacks: { capture: () => this.#here() } });
  readonly reports: LockdepReport[] = [];
  readonly lockdep: Lockdep;
  readonly ww: WwRules;
  context: ExactContext = this.session.exactContext('none');
  readonly #objects = new Map<string, TrackedObject>();
  readonly #holds = new Map<string, EventContext[]>();
  readonly #below: ExactContext[] = [];
  /** Where the case is: stands for the line of source in stacks. */
  #place: Stack | null = null;
  #line = 0;

  constructor(options: Partial<LockdepOptions> = {}) {
    this.lockdep = new Lockdep(this.session, { onReport: (report) => this.reports.push(report), ...options });
    this.session.addObserver(this.lockdep);
    this.ww = new WwRules((kind, name) => this.misuse(kind, name));
  }

  static run(text: CaseText, options: Partial<LockdepOptions> = {}): ClassDriver {
    const driver = new ClassDriver(options);
    for (const [name, type] of Object.entries(text.objects)) driver.define(name, type);
    text.contexts.forEach((ops, i) => {
      driver.in(`T${i + 1}`, ops);
    });
    return driver;
  }

  /** `type`, `type:CLASS`, `type:CLASS/SUBCLASS`; ` stale` marks a ww_mutex that carries an old context. */
  define(name: string, type: string): TrackedObject {
    const [spec, stale] = type.split(' ');
    const [kind, className] = (spec as string).split(':');
    const [key, subclass] = (className ?? name).split('/');
    const object = this.session.object({
      kind: KINDS[kind as string] ?? (kind as string),
      name: kind === 'ww_mutex' ? 'ww_class' : (key as string),
      label: name,
      subclass: Number(subclass ?? 0),
    });
    if (stale !== undefined) this.ww.markStale(name);
    this.#objects.set(name, object);
    return object;
  }

  /** A fresh context does these operations. */
  in(name: string, ops: string): void {
    this.context = this.session.exactContext(name);
    this.#holds.clear();
    this.#below.length = 0;
    for (const op of ops.split('; ')) this.do(op);
  }

  do(op: string): void {
    this.#line++;
    const frame = { functionName: this.context.name, file: 'locks.c', line: this.#line, column: 3 };
    this.#place = { frames: [frame, { ...frame, functionName: 'main', line: 1 }] };
    const [verb = '', name = '', ...rest] = op.split(' ');
    const args = new Map(rest.map((arg) => arg.replace(/^=/, 'result=').split('=') as [string, string]));
    if (verb in TAKES) this.#take(verb, name, args);
    else if (RELEASES.has(verb)) this.#release(name);
    else if (verb.startsWith('ww_')) this.#ww(verb, name, args);
    else this.#other(verb, name);
  }

  acquire(object: TrackedObject, how: How, more: HowMuch | null = null): EventContext {
    if (how.trylock) return this.session.enter(object, how, more, this.context);
    return this.session.granted(this.session.wait(object, how, more, this.context));
  }

  object(name: string): TrackedObject {
    const known = this.#objects.get(name);
    if (known === undefined) throw new Error(`no object ${name}`);
    return known;
  }

  misuse(kind: MisuseKind, name: string): void {
    this.session.misuse({ kind, object: this.#objects.get(name) ?? null, message: `${kind} ${name}` }, this.context);
  }

  #here(): Stack | null {
    return this.#place;
  }

  #take(verb: string, name: string, args: ReadonlyMap<string, string>): void {
    if (args.get('result') === 'fail') return;
    const nest = args.get('subclass');
    const under = args.get('under');
    const more: HowMuch | null =
      nest !== undefined ? { nest: Number(nest) } : under !== undefined ? { group: this.object(under) } : null;
    this.#note(name, this.acquire(this.object(name), TAKES[verb] as How, more));
  }

  #note(name: string, held: EventContext): void {
    this.#holds.set(name, [...(this.#holds.get(name) ?? []), held]);
  }

  #release(name: string): void {
    const held = this.#holds.get(name)?.pop();
    if (held === undefined) this.misuse('bad-unlock', name);
    else this.session.exit(held, this.context);
  }

  #ww(verb: string, name: string, args: ReadonlyMap<string, string>): void {
    const result = args.get('result') ?? 'ok';
    const context = this.ww.apply(verb, name, args);
    if (verb === 'ww_release') this.#release(name);
    if (result !== 'ok') {
      if (result !== 'EALREADY' && verb === 'ww_acquire')
        this.session.waited(this.session.wait(this.object(name), LOCK, { group: context as object }, this.context));
      return;
    }
    const how = verb === 'ww_trylock' ? TRYLOCK : LOCK;
    if (['ww_acquire', 'ww_acquire_noctx', 'ww_acquire_slow', 'ww_trylock'].includes(verb))
      this.#note(name, this.acquire(this.object(name), how, context === null ? null : { group: context }));
  }

  #other(verb: string, word: string): void {
    const irq: IrqType = word.startsWith('hard') ? 'hardirq' : 'softirq';
    if (verb === 'irq_enter') this.#interrupt(irq, word !== 'hard_nothread');
    else if (verb === 'irq_exit') this.context = this.#below.pop() as ExactContext;
    else if (verb === 'irq_disable' || verb === 'irq_enable')
      this.session.setIrq(irq, verb === 'irq_enable', this.context);
    else if (verb === 'rcu_enter')
      this.#note(word, this.session.enter(this.#section('rcu', word), READ_LOCK_RECURSIVE, null, this.context));
    else if (verb === 'rcu_exit' || verb === 'reclaim_release') this.#release(word === '' ? 'fs_reclaim' : word);
    else if (verb === 'reclaim_acquire')
      this.#note('fs_reclaim', this.acquire(this.#section('reclaim', 'fs_reclaim'), LOCK));
    else if (verb === 'might_alloc') this.#mightAlloc(word);
    else if (verb === 'init') this.session.init(this.object(word), this.context);
    else if (verb === 'destroy') this.session.destroy(this.object(word), this.context);
    else if (verb === 'exit') this.misuse('exit-with-held', [...this.#holds.keys()][0] ?? '');
    else if (verb !== 'nop') throw new Error(`no operation ${verb}`);
  }

  #interrupt(irq: IrqType, threaded: boolean): void {
    this.#below.push(this.context);
    this.context = this.session.exactContext(`${this.context.name}/${irq}`, irq);
    this.context.threaded = threaded;
  }

  #mightAlloc(flags: string): void {
    if (flags !== 'KERNEL') return;
    this.session.exit(this.acquire(this.#section('reclaim', 'fs_reclaim'), LOCK), this.context);
  }

  #section(kind: string, name: string): TrackedObject {
    return this.#objects.get(name) ?? this.define(name, kind);
  }
}
