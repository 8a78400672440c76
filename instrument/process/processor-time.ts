/**
 * Processor time that the whole process has used, in milliseconds: what a look costs the program, however busy the machine is. A
 * microsecond for each reading.
 */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
