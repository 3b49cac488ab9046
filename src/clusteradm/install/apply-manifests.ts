import type { CustomResourceDefinition } from '../../apis/apiextensions/v1.ts'
import type { Condition, KubeObject } from '../../apis/meta/v1.ts'
import { CUSTOM_RESOURCE_DEFINITIONS } from '../../apis/resources.ts'
import { findCondition, isConditionTrue, retryOnConflict } from '../../kube/client.ts'
import { yamlText } from '../output/print-data.ts'
import { awaitGone } from '../removal.ts'
import type { Session } from '../session.ts'
import { awaitObjects, expected } from '../waiting/await-objects.ts'
import { isContained } from './is-contained.ts'
import { manifestKind } from './manifest-kinds.ts'

/**
 * Makes objects be what the manifests say, as the original does it: what is not there is created; of what is there, fields of the
 * manifests win, and all others stay. A CRD is served before anything after it is looked at.
 */
export async function applyManifests(session: Session, manifests: readonly KubeObject[]): Promise<void> {
  for (const manifest of manifests) {
    await applyOne(session, manifest)
    if (manifest.kind === 'CustomResourceDefinition')
      await awaitEstablished(session, manifest.metadata.name ?? '')
  }
}

/** What would be applied, in place of that. */
export function manifestsText(manifests: readonly KubeObject[]): string {
  return manifests.map(yamlText).join('---\n')
}

async function applyOne(session: Session, manifest: KubeObject): Promise<void> {
  const { cluster, signal } = session
  const { definition, patchType } = manifestKind(manifest)
  const { namespace, name = '' } = manifest.metadata
  const client = cluster.resource<KubeObject>(definition)
  const key = { namespace, name }
  const existing = await client.find(key, { signal })
  if (existing?.metadata.deletionTimestamp) {
    // It was removed a moment ago, as by "clean" before "init".
    await awaitGone(session, definition, key, `${manifest.kind} ${name} of before`)
  } else if (existing) {
    if (isContained(manifest, existing)) return
    await retryOnConflict(() => client.patch(key, { type: patchType, body: manifest }, { signal }))
    return
  }
  await client.create(manifest, { signal })
}

async function awaitEstablished(session: Session, name: string): Promise<void> {
  const { cluster, signal, timeoutMs } = session
  const wait = { text: 'Waiting for CRD to be ready...', done: 'CRD successfully registered.' }
  await session.progress.during(wait, (report) =>
    awaitObjects({ what: `the CRD ${name} to be established`, timeoutMs, signal, report }, [
      expected<CustomResourceDefinition>({
        cluster,
        resource: CUSTOM_RESOURCE_DEFINITIONS,
        selection: { fieldSelector: `metadata.name=${name}` },
        missing: ([crd]) => {
          const { conditions } = (crd?.status ?? {}) as { readonly conditions?: readonly Condition[] }
          if (isConditionTrue(conditions, 'Established')) return undefined
          const names = findCondition(conditions, 'NamesAccepted')
          return names?.status === 'False' ? `${names.reason}: ${names.message}` : ''
        },
      }),
    ]),
  )
}
