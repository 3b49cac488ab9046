import { constants, open } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import { promisify } from 'node:util'

const openDescriptor = promisify(open)

/** Reads the text of a kubeconfig file. */
export type ReadKubeconfigFile = (file: string) => Promise<string>

/**
 * Reads files anew at each call, and pipes (`--kubeconfig <(…)`) once, since what was in them is gone then. To wait for whoever writes into
 * a pipe ends with `signal`.
 */
export function kubeconfigReader(signal?: AbortSignal): ReadKubeconfigFile {
  const texts = new Map<string, Promise<string>>()
  return async (file) => {
    const known = texts.get(file)
    if (known) return known
    if (!(await stat(file)).isFIFO()) return readFile(file, 'utf8')
    const text = texts.get(file) ?? readPipe(file, signal) // somebody else may have begun in the meantime
    texts.set(file, text)
    return text
  }
}

/** An `open` that waits for a writer would hold a thread that nothing gets back, and with it the end of the process. */
async function readPipe(file: string, signal?: AbortSignal): Promise<string> {
  const fd = await openDescriptor(file, constants.O_RDONLY | constants.O_NONBLOCK)
  const pipe = new Socket({ fd, readable: true, writable: false, ...(signal && { signal }) })
  try {
    return Buffer.concat(await pipe.toArray()).toString()
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}
