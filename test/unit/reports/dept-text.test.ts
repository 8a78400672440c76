import { expect, test } from 'vitest';
import { formatDept } from '../../../reports/text/dept.ts';
import { explain } from '../../../reports/text/explanation.ts';
import { contextLetter } from '../../../reports/text/names.ts';
import { formatReport } from '../../../reports/text/report.ts';
import type { EventClass } from '../../../src/core/classes.ts';
import type { Dependency } from '../../../src/core/dependency.ts';
import type { Tick } from '../../../src/core/ids.ts';
import { lostEventFinding } from '../../../src/tracker/lost-events.ts';
import { stalledFinding } from '../../../src/tracker/stalled.ts';
import { abba, bare, circular, SHOP, type Step, stack } from './finding-builder.ts';
import { expectGolden } from './golden.ts';

const ring: readonly Step[] = [
  { context: 'Z', S: '(unknown)(A:0)', W: 'wait_for_completion(B:0)', E: 'complete(A:0)' },
  { context: 'X', S: '(unknown)(C:0)', W: 'wait_for_completion(A:0)', E: 'complete(C:0)' },
  { context: 'Y', S: '(unknown)(B:0)', W: 'wait_for_completion(C:0)', E: 'complete(B:0)' },
];

const irq: Step = {
  context: 'flush',
  S: 'lock(queue_lock:0)',
  W: 'lock(queue_lock:0)',
  E: 'unlock(queue_lock:0)',
  stacks: { S: stack('flush src/queue.ts:10:5'), W: stack('onPacket src/irq.ts:3:7') },
  more: { irqs: ['softirq'], irqStack: stack('enable src/irq.ts:20:1'), rule: 'irq' },
};

test('two mutexes in opposite orders', () => {
  expectGolden('abba.txt', formatReport(abba(), { environment: SHOP }));
});

test('one class asked for again is an AA deadlock', () => {
  const again: Step = { context: 'main', S: 'acquire(pool:0)', W: 'acquire(pool:0)', E: 'release(pool:0)' };
  expectGolden('aa.txt', formatDept(circular([again]), { environment: SHOP }));
});

test('three contexts chained by [W] and [E]', () => {
  expectGolden('ring.txt', formatDept(circular(ring), { environment: SHOP }));
});

test('a timeout anywhere softens the headline, before AA', () => {
  const timed = ring.map((step, index) => (index === 1 ? { ...step, more: { timed: true } } : step));
  expectGolden('timed.txt', formatDept(circular(timed), { environment: SHOP }));
  const aa: Step = { context: 'm', S: 'a(p:0)', W: 'a(p:0)', E: 'r(p:0)', more: { timed: true } };
  expect(formatDept(circular([aa]))).toContain(
    '\nNOT A DEADLOCK BUT A CIRCULAR DEPENDENCY\nCHECK IF THE TIMEOUT IS INTENDED\n',
  );
  expect(formatDept(circular([aa]))).not.toContain('AA DEADLOCK');
});

test('one interrupt', () => {
  expectGolden('irq.txt', formatDept(circular([irq]), { environment: SHOP }));
});

test('two interrupts are joined by or', () => {
  const both = { ...irq, more: { ...irq.more, irqs: ['softirq', 'hardirq'] as const } };
  expectGolden('irqs.txt', formatDept(circular([both]), { environment: SHOP }));
});

test('an unknown start tells whom the event would wake', () => {
  const woken: Step = {
    context: 'worker',
    S: '(unknown)(done:0)',
    W: 'lock(A:0)',
    E: 'complete(done:0)',
    stacks: { W: stack('worker src/job.ts:5:3'), E: stack('worker src/job.ts:9:3') },
    more: { waker: stack('client src/job.ts:21:3', 'main src/job.ts:30:1') },
  };
  const owner: Step = { context: 'client', S: 'lock(A:0)', W: 'wait_for_completion(done:0)', E: 'unlock(A:0)' };
  expectGolden('unknown-start.txt', formatDept(circular([woken, owner]), { environment: SHOP }));
});

test('waits that nobody answers', () => {
  const finding = bare({
    code: 'DEPT003',
    message: 'The program has nothing left to run while 2 waits are still open: ready:0, jobs:0.',
    help: ['Find the code that should have triggered the event.'],
    openWaits: [
      {
        contextName: 'start',
        label: 'wait_for_completion',
        className: 'ready:0',
        objectLabel: 'ready#1',
        stack: stack('start src/app.ts:7:9'),
        owners: [
          { contextName: 'connect', startLabel: 'start', stack: stack('connect src/db.ts:3:5') },
          { contextName: 'warmUp', startLabel: 'start', stack: null },
        ],
      },
      { contextName: 'worker', label: 'wait', className: 'jobs:0', objectLabel: 'jobs', stack: null, owners: [] },
    ],
  });
  expectGolden('stalled.txt', formatReport(finding, { environment: SHOP }));
});

test('an event that came before anybody waited', () => {
  const finding = lostEventFinding(
    {
      event: 'ready of Database',
      waitLabel: 'once',
      contextName: 'start',
      waitStack: stack('start src/app.ts:7:9'),
      eventStack: stack('Database.open src/db.ts:12:5'),
      state: null,
    },
    'dept',
    9 as Tick,
  );
  expectGolden('lost-event.txt', formatReport(finding, { environment: SHOP }));
});

test('a stall with ages, as a tree of who waits for whom, and what the heap shows of it', () => {
  const wait = (contextName: string, object: string, ageMs: number, owner: string, stop: number) => ({
    contextName,
    label: 'acquire',
    className: `${object}:0`,
    objectLabel: object,
    stack: stack(`${contextName} src/shop.ts:${ageMs}:3`),
    ageMs,
    owners: [{ contextName: owner, startLabel: 'acquire', stack: null, stoppedBy: [stop] }],
  });
  const finding = bare({
    code: 'DEPT003',
    message: 'The program has nothing left to run while 3 waits are still open: ledger:0, stock:0.',
    help: ['Find the code that should have triggered the event.'],
    openWaits: [
      wait('placeOrder', 'ledger', 1200, 'refundOrder', 1),
      wait('refundOrder', 'stock', 1100, 'placeOrder', 0),
      wait('audit', 'stock', 900, 'placeOrder', 0),
    ],
    suspended: [
      {
        name: 'main',
        stack: stack('main src/main.ts:9:9'),
        awaits: null,
        waitsFor: [1],
        locals: [
          { name: 'shop', value: null },
          { name: 'count', value: '3' },
        ],
      },
      {
        name: 'audit',
        stack: stack('audit src/shop.ts:900:3'),
        awaits: 'what waits in Semaphore._queue',
        waitsFor: [],
        locals: [],
      },
    ],
  });
  expectGolden('stall-tree.txt', formatReport(finding, { environment: SHOP }));
});

test('functions that wait for what nobody can settle', () => {
  const suspended = [
    {
      name: 'report',
      stack: stack('report src/report.ts:13:41'),
      awaits: 'a promise that nobody can settle any more',
      waitsFor: [],
      locals: [{ name: 'id', value: null }],
    },
    { name: 'serve', stack: stack('serve src/server.ts:15:16'), awaits: null, waitsFor: [0], locals: [] },
  ];
  const reason = { kind: 'unsettleable' } as const;
  const finding = stalledFinding({ openWaits: [], suspended, reason, severity: 'warning', at: 9 as Tick });
  expectGolden('unsettleable.txt', formatReport(finding, { environment: SHOP }));
});

test('who waits behind a circle stands in the plain words, not among its contexts', () => {
  const wait = { label: 'acquire', className: 'stock:0', objectLabel: 'stock', ageMs: 9, owners: [] };
  const at = stack('audit src/shop.ts:9:3');
  const openWaits = Array.from({ length: 10 }, (_, i) => ({ ...wait, contextName: `audit ${i}`, stack: at }));
  const finding = abba({ code: 'DEPT002', kind: 'deadlock', openWaits });
  expect(formatDept(finding)).toBe(formatDept({ ...finding, openWaits: [] }));
  const lines = explain(finding).split('\n');
  expect(lines.filter((line) => line.startsWith('also'))).toEqual([
    ...Array.from({ length: 8 }, (_, i) => `also waiting behind it: audit ${i} in acquire(stock:0) (src/shop.ts:9:3)`),
    'also waiting behind it: 2 more',
  ]);
});

test('those who wait at one place behind a circle are one line', () => {
  const wait = { label: 'acquire', className: 'stock:0', objectLabel: 'stock', ageMs: 9, owners: [], stack: null };
  const openWaits = ['audit', 'main', 'main', 'main'].map((contextName) => ({ ...wait, contextName }));
  const finding = abba({ code: 'DEPT002', kind: 'deadlock', openWaits });
  const lines = explain(finding).split('\n');
  expect(lines.filter((line) => line.startsWith('also'))).toEqual([
    'also waiting behind it: audit in acquire(stock:0)',
    'also waiting behind it: main in acquire(stock:0), 3 times',
  ]);
});

test('a misuse and a notice', () => {
  const misuse = bare({
    code: 'DEPT006',
    message: 'bad-unlock: orders is not held (in refundOrder).',
    stack: stack('refundOrder src/refunds.ts:40:9'),
  });
  expectGolden('misuse.txt', formatReport(misuse, { environment: SHOP }));
  const notice = bare({ code: 'DEPT009', severity: 'info', message: 'The limit maxClasses (4096) is reached.' });
  expectGolden('notice.txt', formatReport(notice, { environment: SHOP }));
});

test('the kernel documentation’s sample, in its older form', () => {
  const path = ['notify_change+0xcb3/0x1430', 'do_truncate+0x149/0x210', 'path_openat+0x21a3/0x2a90'];
  const open = ['do_filp_open+0x1ba/0x410', 'do_sys_openat2+0x16d/0x4e0', '__x64_sys_creat+0xcd/0x120'];
  const entry = ['do_syscall_64+0x41/0xc0', 'entry_SYSCALL_64_after_hwframe+0x63/0xcd'];
  const create = [...path, ...open, ...entry];
  const write = [
    '__generic_file_write_iter+0x2ae/0x500',
    'ntfs_file_write_iter+0x66d/0x1d70',
    'do_iter_readv_writev+0x20b/0x3c0',
    'do_iter_write+0x188/0x710',
    'vfs_iter_write+0x74/0xa0',
    'iter_file_splice_write+0x745/0xc90',
    'direct_splice_actor+0x114/0x180',
    'splice_direct_to_actor+0x33b/0x8b0',
    'do_splice_direct+0x1b7/0x280',
    'do_sendfile+0xb49/0x1310',
    '__x64_sys_sendfile64+0x1d0/0x210',
    ...entry,
  ];
  const [A, B]: readonly Step[] = [
    {
      context: 'truncate',
      S: 'lock(&ni->ni_lock:0)',
      W: 'folio_wait_bit_common(PG_locked_map:0)',
      E: 'unlock(&ni->ni_lock:0)',
      stacks: {
        S: stack('ntfs3_setattr+0x54b/0xd40 ffffffff82b396fb', ...create),
        W: stack(
          'folio_wait_bit_common+0x5e0/0xaf0',
          'truncate_inode_pages_range+0x9b0/0xf20 ffffffff81b228b0',
          'truncate_pagecache+0x67/0x90',
          'ntfs3_setattr+0x55a/0xd40',
          ...create,
        ),
      },
    },
    {
      context: 'write',
      S: '(unknown)(PG_locked_map:0)',
      W: 'lock(&ni->ni_lock:0)',
      E: 'folio_unlock(PG_locked_map:0)',
      stacks: {
        W: stack(
          'attr_data_get_block+0x32c/0x19f0 ffffffff82b009ec',
          'ntfs_get_block_vbo+0x264/0x1330',
          '__block_write_begin_int+0x3bd/0x14b0',
          'block_write_begin+0xb9/0x4d0',
          'ntfs_write_begin+0x27e/0x480',
          'generic_perform_write+0x256/0x570',
          ...write,
        ),
        E: stack(
          'generic_write_end+0xf2/0x440 ffffffff81f10222',
          'ntfs_write_end+0x42e/0x980',
          'generic_perform_write+0x316/0x570',
          ...write,
        ),
      },
    },
  ];
  const release = '6.2.0-rc1-00025-gb0c20ebf51ac-dirty #28';
  const finding = circular([A, B] as Step[], {
    stack: stack(
      'dump_stack_lvl+0xf2/0x169',
      'print_circle.cold+0xca4/0xd28',
      'cb_check_dl+0x1e7/0x260',
      'bfs+0x27b/0x610',
      'add_dep+0x221/0x5b0',
      '__dept_wait+0x600/0x1490',
      'dept_wait+0x159/0x3b0',
      'folio_wait_bit_common+0x5e0/0xaf0',
      'truncate_inode_pages_range+0x9b0/0xf20',
      'truncate_pagecache+0x67/0x90',
      'ntfs3_setattr+0x55a/0xd40',
    ),
  });
  const environment = {
    release: `${release} Not tainted`,
    process: [
      `CPU: 1 PID: 8060 Comm: a.out Not tainted ${release}`,
      'Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS Bochs 01/01/2011',
    ],
  };
  expectGolden('ntfs3.txt', formatDept(finding, { environment, indent: 4 }));
});

test('a stack shows at most maxFrames frames, 16 if not told', () => {
  const deep = stack(...Array.from({ length: 20 }, (_, index) => `f${index} src/deep.ts:${index + 1}:1`));
  const step: Step = { context: 'm', S: 'lock(A:0)', W: 'lock(A:0)', E: 'unlock(A:0)', stacks: { W: deep } };
  expect(formatDept(circular([step]))).toContain('      f15 (src/deep.ts:16:1)\n\n[E]');
  expect(formatDept(circular([step]), { maxFrames: 2 })).toContain('      f1 (src/deep.ts:2:1)\n\n[E]');
});

test('letters go on by character addition after Z', () => {
  expect([0, 25, 26, 27].map(contextLetter)).toEqual(['A', 'Z', '[', '\\']);
});

test('names cannot break a line or reach the terminal', () => {
  const [first] = abba().circle;
  const named = (name: string): EventClass => ({
    ...(first as Dependency).from,
    key: { ...(first as Dependency).from.key, name },
  });
  const text = formatDept(
    bare({
      circle: [
        {
          ...(first as Dependency),
          start: { label: 'lock', class: named('a\nb'), stack: null },
          wait: { label: '\u001b[31mlock', class: named('red\u2028'), stack: null },
        },
      ],
    }),
  );
  expect(text).toContain('[S] lock(a\\x0ab:0)\n');
  expect(text).toContain('[W] \\x1b[31mlock(red\\u2028:0)\n');
});

test('the same finding gives the same text, whenever it was made', () => {
  const again = { ...abba(), at: 77 as Tick };
  expect(formatDept(again, { environment: SHOP })).toBe(formatDept(abba(), { environment: SHOP }));
});

test('without an environment the lines about the process are left out', () => {
  const lines = formatDept(abba()).split('\n');
  expect(lines[2]).toBe('-'.repeat(51));
  expect(lines.slice(lines.indexOf('information that might be helpful') + 2)[0]).toBe('Call Trace:');
});
