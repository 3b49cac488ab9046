import { createHash } from 'node:crypto'
import type { Manifest } from './manifest.ts'

/** Where an operator writes down which spec it has applied; library-go's. */
export const SPEC_HASH_ANNOTATION = 'operator.openshift.io/spec-hash'

/** The manifest, with the hash of its spec: a field that is wanted no longer is seen by it, though the object has it still. */
export function withSpecHash<M extends Manifest & { readonly spec?: unknown }>(manifest: M): M {
  const hash = createHash('sha256').update(JSON.stringify(manifest.spec)).digest('hex')
  const annotations = { ...manifest.metadata.annotations, [SPEC_HASH_ANNOTATION]: hash }
  return { ...manifest, metadata: { ...manifest.metadata, annotations } }
}
