import v8 from 'node:v8'
import vm from 'node:vm'

/** When informers have seen what there is, in ms after a start. */
const SETTLED_AFTER_MS = 1_000

type Collect = (options: { readonly type: 'major'; readonly flavor: 'last-resort' }) => void

/**
 * Has V8 give back once the room that a start has needed, a sixth of the process, which takes it less than a tenth of a second. V8 does
 * so by itself after a collection that is followed by a time of rest; a process that rests from its first moment on has no collection.
 */
export function settleHeapSoon(): void {
  setTimeout(() => {
    v8.setFlagsFromString('--expose-gc')
    const collect = vm.runInNewContext('gc') as Collect
    v8.setFlagsFromString('--no-expose-gc')
    collect({ type: 'major', flavor: 'last-resort' })
  }, SETTLED_AFTER_MS).unref()
}
