import { join } from 'node:path';

/** Makes the text of a stack from what the engine knows of its frames. */
export type Prepare = (error: never, sites: never[]) => unknown;

let mainError: ErrorConstructor | null = null;

/** Who prepares stacks here other than Node; null where nobody does. */
export function foreignPrepare(): Prepare | null {
  const prepare = Error.prepareStackTrace;
  if (prepare !== undefined) return isNodes(prepare) ? null : prepare;
  // A realm of its own, as jest makes for each file: Node asks that of the process then.
  mainError ??= errorOfMain();
  const ofMain = mainError.prepareStackTrace;
  return ofMain === undefined || isNodes(ofMain) ? null : ofMain;
}

function isNodes(prepare: { readonly name: string }): boolean {
  return prepare.name === 'ErrorPrepareStackTrace';
}

/** The `Error` of the realm in which Node's own modules run, which only what they throw shows. */
function errorOfMain(): ErrorConstructor {
  try {
    return join(0 as never) as never;
  } catch (error) {
    let last: object = error as object;
    for (let next = proto(last); next !== null && proto(next) !== null; next = proto(next)) last = next;
    return last.constructor as ErrorConstructor;
  }
}

function proto(value: object): object | null {
  return Object.getPrototypeOf(value) as object | null;
}
