import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/**
 * A package that is loaded when it is used first, for those that most processes never use: what is loaded takes time at the start
 * and memory from then on. Where a function is asynchronous anyway, `import()` does.
 */
export function onDemand<Package>(name: string): () => Package {
  let loaded: Package | undefined
  return () => {
    loaded ??= require(name) as Package
    return loaded
  }
}
