import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Session } from 'node:inspector/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { getHeapSnapshot } from 'node:v8'
import { type Route, type Routes, redirectTo, sendError, sendText } from './http-endpoints.ts'

const DEFAULT_PROFILE_SECONDS = 30
const LONGEST_PROFILE_SECONDS = 600
const NANOSECONDS_PER_MS = 1e6

const BAD_SECONDS = `seconds must be a number above 0 and not above ${LONGEST_PROFILE_SECONDS}`

export interface ProfilingOptions {
  /** `--enable-profiling`; without it there are no routes. */
  readonly enabled: boolean
  /** `--enable-contention-profiling`: JavaScript has no locks, what contends is the event loop. */
  readonly contention: boolean
}

/** `/debug/pprof/`, where konnectivity has Go's profiles: the same questions, answered in the formats of Chrome's DevTools. */
export function profilingRoutes({ enabled, contention }: ProfilingOptions): Routes {
  if (!enabled) return {}
  const routes: Routes = {
    '/debug/pprof': redirectTo('/debug/pprof/'),
    '/debug/pprof/': indexRoute(contention),
    '/debug/pprof/profile': onlyOneAtATime(cpuProfile),
    '/debug/pprof/heap': onlyOneAtATime(heapProfile),
  }
  return contention ? { ...routes, '/debug/pprof/block': eventLoopDelays() } : routes
}

function indexRoute(contention: boolean): Route {
  const profiles: [string, string][] = [
    ['profile?seconds=30', 'CPU profile (.cpuprofile)'],
    ['heap?seconds=30', 'sampled allocations (.heapprofile)'],
    ['heap', 'whole heap (.heapsnapshot); stops the process while it is taken'],
  ]
  if (contention) profiles.push(['block', 'event loop delays since the start (JSON)'])
  const items = profiles.map(([path, text]) => `<li><a href="${path}">${path}</a> ${text}</li>`).join('\n')
  const page = `<!doctype html>\n<title>/debug/pprof/</title>\n<h1>/debug/pprof/</h1>\n<ul>\n${items}\n</ul>\n`
  return (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
  }
}

/** Two profiles at once would disturb each other, and a third would bring the process down. */
function onlyOneAtATime(route: Route): Route {
  let running = false
  return async (request, response, url) => {
    if (running) {
      sendError(response, 500, 'a profile of this kind is being taken')
      return
    }
    running = true
    try {
      await route(request, response, url)
    } finally {
      running = false
    }
  }
}

async function cpuProfile(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const seconds = secondsOf(url)
  if (seconds === undefined) {
    sendError(response, 400, BAD_SECONDS)
    return
  }
  await withInspector(async (session) => {
    await session.post('Profiler.enable')
    await session.post('Profiler.start')
    await elapsedOrGone(seconds, request)
    const { profile } = await session.post('Profiler.stop')
    sendFile(response, 'cpuprofile', JSON.stringify(profile))
  })
}

async function heapProfile(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  if (!url.searchParams.has('seconds')) {
    response.writeHead(200, fileHeaders('heapsnapshot'))
    await pipeline(getHeapSnapshot(), response)
    return
  }
  const seconds = secondsOf(url)
  if (seconds === undefined) {
    sendError(response, 400, BAD_SECONDS)
    return
  }
  await withInspector(async (session) => {
    await session.post('HeapProfiler.startSampling')
    await elapsedOrGone(seconds, request)
    const { profile } = await session.post('HeapProfiler.stopSampling')
    sendFile(response, 'heapprofile', JSON.stringify(profile))
  })
}

function eventLoopDelays(): Route {
  const delays = monitorEventLoopDelay()
  delays.enable()
  return (_, response) => {
    const inMs = (nanoseconds: number) => nanoseconds / NANOSECONDS_PER_MS
    const percentiles = [50, 90, 99, 99.9].map((p) => [`p${p}Ms`, inMs(delays.percentile(p))])
    const summary = { count: delays.count, maxMs: inMs(delays.max), ...Object.fromEntries(percentiles) }
    sendText(response, 200, `${JSON.stringify(summary, null, 2)}\n`)
  }
}

function secondsOf(url: URL): number | undefined {
  const seconds = Number(url.searchParams.get('seconds') ?? DEFAULT_PROFILE_SECONDS)
  return seconds > 0 && seconds <= LONGEST_PROFILE_SECONDS ? seconds : undefined
}

/** Resolves after the given time, or early when nobody waits for the profile any more. */
async function elapsedOrGone(seconds: number, request: IncomingMessage): Promise<void> {
  const done = new AbortController()
  const { signal } = done
  await Promise.race([
    delay(seconds * 1000, undefined, { signal }),
    once(request.socket, 'close', { signal }),
  ]).finally(() => done.abort())
}

async function withInspector(use: (session: Session) => Promise<void>): Promise<void> {
  const session = new Session()
  session.connect()
  try {
    await use(session)
  } finally {
    session.disconnect()
  }
}

function sendFile(response: ServerResponse, extension: string, body: string): void {
  response.writeHead(200, fileHeaders(extension)).end(body)
}

function fileHeaders(extension: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    'content-disposition': `attachment; filename="profile.${extension}"`,
  }
}
