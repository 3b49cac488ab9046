import { createHook } from 'node:async_hooks'
import type { ChildProcess } from 'node:child_process'
import net from 'node:net'
import { performance } from 'node:perf_hooks'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'

// Node opens these when they are first used, for a warning for example, which must not look like a leak.
void [process.stdout, process.stderr]

/** How long handles that are closing may take to be gone: many sockets take some time on a busy machine. */
const SETTLE_TIMEOUT_MS = 5000
const LOOK_EVERY_MS = 5

/** Vitest's own (message ports), or gone by itself within a turn (immediates). */
const ignoredTypes = new Set(['Immediate', 'TickObject', 'Microtask', 'MessagePort', 'TTYWrap'])

const names: Readonly<Record<string, string>> = {
  TCPServerWrap: 'listening TCP server',
  TCPSocketWrap: 'TCP socket',
  TLSWrap: 'TLS socket',
  PipeWrap: 'pipe (unix socket, or stdio of a child process)',
  PipeServerWrap: 'listening unix socket',
  ProcessWrap: 'child process',
  Timeout: 'timer (setTimeout or setInterval)',
  UDPWrap: 'UDP socket',
  FSEventWrap: 'file watcher',
  StatWatcher: 'file watcher (watchFile)',
  Worker: 'worker thread',
}

/** What keeps the event loop alive: a number of handles for each of Node's resource types. Unref'ed ones do not count. */
export type OpenHandles = ReadonlyMap<string, number>

/**
 * What is open before a test file is imported. Timers are left out: those are vitest's, which come and go (it reports
 * every 100 ms), and one of them would later hide one of ours.
 */
export function openHandlesOfVitest(): OpenHandles {
  const counts = new Map(openHandles())
  counts.delete('Timeout')
  return counts
}

export function openHandles(): OpenHandles {
  const counts = new Map<string, number>()
  for (const type of process.getActiveResourcesInfo()) {
    if (!ignoredTypes.has(type)) counts.set(type, (counts.get(type) ?? 0) + 1)
  }
  return counts
}

/**
 * Waits for the handles opened since `before` to go away, as those do whose closing was not awaited, and returns a
 * line for each kind that stays.
 */
export async function findLeftOpen(before: OpenHandles, timeoutMs = SETTLE_TIMEOUT_MS): Promise<string[]> {
  const deadline = performance.now() + timeoutMs
  await nextTurn() // a request or a timer counts until its callback has returned, and we may be inside one
  let left = openedSince(before)
  while (left.length > 0 && performance.now() < deadline) {
    await sleep(LOOK_EVERY_MS)
    await nextTurn()
    left = openedSince(before)
  }
  return left.map(({ type, count }) => `${count} x ${names[type] ?? type}${details(type)}`)
}

/** Throws when handles opened since `before` stay open. */
export async function expectNothingLeftOpen(before: OpenHandles, timeoutMs?: number): Promise<void> {
  const left = await findLeftOpen(before, timeoutMs)
  if (left.length === 0) return
  const hint = trace
    ? `made at:\n${trace.stacks().join('\n')}`
    : 'run it again with OPEN_HANDLES_TRACE=1 to see where they were made'
  throw new Error(`this test file leaves open handles behind, close them in afterEach or afterAll:
  - ${left.join('\n  - ')}
${hint}`)
}

function openedSince(before: OpenHandles): { type: string; count: number }[] {
  return Array.from(openHandles(), ([type, count]) => ({
    type,
    count: count - (before.get(type) ?? 0),
  })).filter(({ count }) => count > 0)
}

/** What can be said of the open handles of a type, old and new: addresses, command lines. */
function details(type: string): string {
  const handles = activeHandles()
  const lines = handles.flatMap((handle) => {
    if (type === 'TCPServerWrap' && handle instanceof net.Server) return [JSON.stringify(handle.address())]
    if (type === 'TCPSocketWrap' && handle instanceof net.Socket && handle.remoteAddress !== undefined) {
      return [`${handle.localAddress}:${handle.localPort} to ${handle.remoteAddress}:${handle.remotePort}`]
    }
    if (type === 'ProcessWrap' && isChildProcess(handle))
      return [`${handle.pid}: ${handle.spawnargs.join(' ')}`]
    return []
  })
  return lines.length > 0 ? `: ${lines.join(', ')}` : ''
}

/** Undocumented, and the only way to the handles themselves; used for messages, never for the verdict. */
function activeHandles(): object[] {
  const { _getActiveHandles: list } = process as { _getActiveHandles?: () => object[] }
  return list?.call(process) ?? []
}

function isChildProcess(handle: object): handle is ChildProcess {
  return 'spawnargs' in handle && 'pid' in handle
}

/** Remembers where handles were made. Costs a stack trace for each, so only on demand. */
class HandleTrace {
  readonly #made = new Map<number, { stack: string; resource: WeakRef<{ hasRef?(): boolean }> }>()

  constructor() {
    const traced = /^(Timeout|TCP(SERVER)?WRAP|PIPE(SERVER)?WRAP|PROCESSWRAP|UDPWRAP|FSEVENTWRAP|WORKER)$/
    createHook({
      init: (asyncId, type, _triggerAsyncId, resource) => {
        if (!traced.test(type)) return
        this.#made.set(asyncId, { stack: `${type}${callers()}`, resource: new WeakRef(resource) })
      },
      destroy: (asyncId) => {
        this.#made.delete(asyncId)
      },
    }).enable()
  }

  stacks(): string[] {
    const open = [...this.#made.values()].filter(({ resource }) => resource.deref()?.hasRef?.() === true)
    return open.map(({ stack }) => stack)
  }
}

function callers(): string {
  const lines = new Error().stack?.split('\n').slice(1) ?? []
  const ours = lines.filter((line) => !/node:|node_modules|open-handles\.ts/.test(line))
  return `\n${(ours.length > 0 ? ours : lines).join('\n')}`
}

const trace = process.env.OPEN_HANDLES_TRACE ? new HandleTrace() : undefined
