/** A line that stands for any number of lines. */
const ANY = '...';

/** What Node itself says at exit code 13, before or after dept's report: that differs between its versions. */
const UNSETTLED = /^Warning: Detected unsettled top-level await at .*\n.*\n *\^\n+/gm;

/** Replaces what differs between machines and runs: paths, versions, process ids. */
export function normalised(text: string, root: string, folder = ''): string {
  let result = text.replaceAll('\r\n', '\n').replaceAll('\\', '/');
  if (folder !== '') result = result.replaceAll(`${folder}/`, '').replaceAll(`${below(folder, root)}/`, '');
  return result
    .replaceAll(UNSETTLED, '')
    .replaceAll(`file://${root}`, '.')
    .replaceAll(root, '.')
    .replaceAll(/Node\.js v\d+\.\d+\.\d+\S*/g, 'Node.js vX')
    .replaceAll(/(vX) (?:linux|darwin|win32|freebsd) \w+/g, '$1 platform')
    .replaceAll(/\bPID: \d+/g, 'PID: N')
    .replaceAll(/^(\S+) \d+\.\d+\.\d+(?= Node\.js vX)/gm, '$1 X')
    .replaceAll(/[ \t]+$/gm, '')
    .replace(/\n+$/, '');
}

function below(folder: string, root: string): string {
  return folder.startsWith(`${root}/`) ? folder.slice(root.length + 1) : folder;
}

/** True when `actual` is `expected`, where a line `...` of `expected` matches any lines, none included. */
export function matches(expected: string, actual: string): boolean {
  const parts = expected.split('\n');
  const lines = actual.split('\n');
  // reach[j]: the expected lines so far match the first j actual lines.
  let reach: readonly boolean[] = [true, ...lines.map(() => false)];
  for (const part of parts) {
    const before = reach;
    const next: boolean[] = [];
    for (let j = 0; j <= lines.length; j++) {
      next.push(
        part === ANY ? before[j] === true || next[j - 1] === true : before[j - 1] === true && lines[j - 1] === part,
      );
    }
    reach = next;
  }
  return reach[lines.length] === true;
}
