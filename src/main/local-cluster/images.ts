import { fileURLToPath } from 'node:url'
import type { FlagValues } from '../../common/flags.ts'
import type { ImagesOptions } from '../../local-cluster/images.ts'
import type { RUN_FLAGS } from './run-flags.ts'

const EXECUTABLE = fileURLToPath(new URL('../cluster-proxy.ts', import.meta.url))

/** Bytes pass through in buffers outside of V8's heap (docs/adr/0005-small-young-generation.md); bin/cluster-proxy says the same. */
const NODE = [process.execPath, '--max-semi-space-size=2', '--initial-heap-size=64']

/** TypeScript is stripped once and kept: without it, each process would have the stripper in memory. */
const NODE_COMPILE_CACHE =
  process.env.NODE_COMPILE_CACHE ??
  fileURLToPath(new URL('../../../node_modules/.cache/node', import.meta.url))

const REGISTRY = 'quay.io/open-cluster-management'

/** This project's image, as it is built, and by the names that it has in manifests of Open Cluster Management. */
const OWN_IMAGES = [
  'cluster-proxy',
  ...['cluster-proxy', 'registration-operator', 'registration', 'work', 'placement', 'addon-manager'].map(
    (name) => `${REGISTRY}/${name}`,
  ),
]

type Names = Readonly<Record<string, readonly string[]>>

/** What is said of images by flags, and for those of which nothing is said, what was said before. */
export function imageNames(
  { ownImage, hostImage, webImage }: FlagValues<typeof RUN_FLAGS>,
  before: Names,
): Names {
  const given = Object.entries({ self: ownImage, host: hostImage, web: webImage })
  return { ...before, ...Object.fromEntries(given.filter(([, names]) => names.length > 0)) }
}

export function imagesFor({ self = [], host = [], web = [] }: Names): ImagesOptions {
  return {
    names: { self: [...OWN_IMAGES, ...self], host, web },
    node: NODE,
    self: EXECUTABLE,
    environment: { NODE_COMPILE_CACHE, UV_THREADPOOL_SIZE: '16' },
  }
}
