import { createRequire } from 'node:module';
import { type Installation, type InstallOptions, install } from '../../../../instrument/install.ts';

/** The packages of the root package.json, the majors before them, and those after them. */
export const latest: NodeJS.Require = createRequire(import.meta.url);
export const previous: NodeJS.Require = createRequire(latest.resolve('../../../previous-majors/package.json'));
export const next: NodeJS.Require = createRequire(latest.resolve('../../../next-majors/package.json'));

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** An installation that a test asks what it has found. */
export class LibraryStage implements Disposable {
  readonly installation: Installation;

  constructor(options: InstallOptions = {}) {
    this.installation = install(options);
  }

  /** Code, severity and classes of each finding, once what is under way has gone on for some turns. */
  async found(turns = 20): Promise<readonly string[]> {
    for (let i = 0; i < turns; i++) await turn();
    this.installation.waitsFor.confirm(true);
    return this.installation.findings.map(({ code, severity, circle }) => {
      return `${code} ${severity} ${circle
        .map(({ to }) => to.key.name)
        .toSorted()
        .join(' ')}`;
    });
  }

  /** What is waited for now. */
  get open(): readonly string[] {
    return this.installation.waitsFor.open.map(({ object }) => object.label);
  }

  [Symbol.dispose](): void {
    this.installation.uninstall();
  }
}
