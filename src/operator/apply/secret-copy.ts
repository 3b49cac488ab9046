import { isDeepStrictEqual } from 'node:util'
import type { Secret } from '../../apis/core/v1.ts'
import type { ObjectKey } from '../../apis/meta/v1.ts'
import { isNotFound, type ResourceClient } from '../../kube/index.ts'

/** A service account's token is filled in by the control plane only where the account is. */
const TOKEN_TYPE = 'kubernetes.io/service-account-token'

/**
 * Keeps a copy of a Secret, perhaps in another cluster; where there is no original, there is no copy. `labels` are those of the
 * copy. Resolves with whether anything was written.
 */
export async function copySecret(
  source: Secret | undefined,
  target: { readonly secrets: ResourceClient<Secret>; readonly key: ObjectKey },
  labels: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<boolean> {
  const { secrets, key } = target
  const existing = await secrets.find(key, { signal })
  if (!source) return existing ? remove(secrets, key, signal) : false
  const type = source.type === TOKEN_TYPE ? 'Opaque' : (source.type ?? 'Opaque')
  const { data = {} } = source
  if (existing && existing.type !== type)
    await remove(secrets, key, signal) // a type cannot be changed
  else if (existing) {
    const isSame = isDeepStrictEqual(existing.data ?? {}, data) && hasLabels(existing, labels)
    if (isSame) return false
    const metadata = { ...existing.metadata, labels: { ...existing.metadata.labels, ...labels } }
    await secrets.update({ ...existing, metadata, data }, { signal })
    return true
  }
  const copy = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...key, labels } as Secret['metadata'],
    type,
    data,
  }
  await secrets.create(copy, { signal })
  return true
}

async function remove(
  secrets: ResourceClient<Secret>,
  key: ObjectKey,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    await secrets.delete(key, { signal })
    return true
  } catch (error) {
    if (!isNotFound(error)) throw error
    return false
  }
}

function hasLabels({ metadata }: Secret, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([name, value]) => metadata.labels?.[name] === value)
}
