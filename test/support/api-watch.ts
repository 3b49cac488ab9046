import type { IncomingMessage } from 'node:http'
import type { Json } from './api-client.ts'

export interface WatchFrame {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: Json
}

/** The frames of a watch in JSON, as they come. Ends when the server ends it, throws when it is broken off. */
export async function* watchFrames(response: IncomingMessage): AsyncGenerator<WatchFrame, void, undefined> {
  let rest = ''
  response.setEncoding('utf8')
  for await (const chunk of response) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() as string
    for (const line of lines) yield JSON.parse(line) as WatchFrame
  }
  if (rest !== '') throw new Error(`the watch ended within a frame: ${rest}`)
}

/** So many frames, or all when there are fewer. */
export async function takeFrames(frames: AsyncIterator<WatchFrame>, count: number): Promise<WatchFrame[]> {
  const taken: WatchFrame[] = []
  while (taken.length < count) {
    const { value, done } = await frames.next()
    if (done) break
    taken.push(value)
  }
  return taken
}
