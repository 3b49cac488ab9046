import type { FunctionTable } from '../overload.ts'

/** Kubernetes' function for the paths of JSON patches. */
export function addPatches(table: FunctionTable): void {
  table.add('jsonpatch::escapeKey(string): string', ([key], meter) => {
    const text = key as string
    meter.charge(text.length / 10)
    return text.replaceAll('~', '~0').replaceAll('/', '~1')
  })
}
