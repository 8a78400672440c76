import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Options {
  readonly version?: string;
  /** What its package.json asks for; it has none if not given. */
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** A project of its own with a library that has a known name and unknown insides; removed at the end of its block. */
export class UnknownLibrary implements Disposable {
  readonly program: string;
  readonly folder: string;

  constructor(name: string, source: string, { version = '99.0.0', dependencies }: Options = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'dept-unknown-'));
    if (dependencies !== undefined) writeFileSync(join(this.folder, 'package.json'), JSON.stringify({ dependencies }));
    const library = join(this.folder, 'node_modules', name);
    mkdirSync(library, { recursive: true });
    writeFileSync(join(library, 'package.json'), JSON.stringify({ name, version, main: 'index.js' }));
    writeFileSync(join(library, 'index.js'), source);
    this.program = join(this.folder, 'program.cjs');
    writeFileSync(this.program, `const { Semaphore } = require('${name}');\nconsole.log(new Semaphore().acquire());\n`);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
