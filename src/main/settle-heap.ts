import v8 from 'node:v8'
import vm from 'node:vm'

/** When informers have seen what there is, in ms after a start. */
const SETTLED_AFTER_MS = 2_000

/**
 * Has V8 collect once what a start has left. Afterwards it gives memory back by itself in times of rest; a process that rests from its
 * first moment on would never get there, and keep the room that its modules were loaded in.
 */
export function settleHeapSoon(): void {
  setTimeout(() => {
    v8.setFlagsFromString('--expose-gc')
    const collect = vm.runInNewContext('gc') as (options: { readonly type: 'minor' }) => void
    v8.setFlagsFromString('--no-expose-gc')
    collect({ type: 'minor' })
  }, SETTLED_AFTER_MS).unref()
}
