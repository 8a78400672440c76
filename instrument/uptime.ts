/** Milliseconds since the process began. Node loads `performance` for who asks it, and this is asked before every program. */
export function uptimeMs(): number {
  return process.uptime() * 1000;
}
