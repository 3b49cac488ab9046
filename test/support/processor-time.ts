/**
 * How long this thread kept a processor busy with synchronous work, in milliseconds. What else the machine does meanwhile
 * makes next to no difference to it, as it does to the time on the wall.
 */
export function busyMs(work: () => void): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}
