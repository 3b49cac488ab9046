import {
  isAlreadyExists,
  isConflict,
  isNotFound,
  KubeRequestError,
  type ResourceClient,
} from '../../../src/kube/index.ts'
import { until } from '../../support/until.ts'
import type { ConfigMap } from './clients.ts'

const OBJECTS_OF_A_WRITER = 6

export interface ChurnOptions {
  readonly namespace: string
  readonly writers: number
  readonly writesOfEach: number
  /** Tells of each write that was answered. */
  readonly onWrite?: () => void
}

/** The versions that the server has given to writes which it has answered, deletions apart. */
export type AnsweredVersions = ReadonlySet<string>

/**
 * Creates, changes and deletes objects from many sides at once. A writer whose request breaks does not know whether it was
 * carried out: it reads what there is, and goes on from there.
 */
export async function churn(
  resource: ResourceClient<ConfigMap>,
  { namespace, writers, writesOfEach, onWrite }: ChurnOptions,
): Promise<AnsweredVersions> {
  const versions = new Set<string>()
  const note = ({ metadata }: ConfigMap) => versions.add(metadata.resourceVersion as string)
  const write = async (writer: number, count: number) => {
    const key = { namespace, name: `writer-${writer}-${count % OBJECTS_OF_A_WRITER}` }
    const data = { writer: String(writer), count: String(count) }
    const existing = await resource.find(key)
    // All combinations of an object and what is done to it come by, since the two periods have no common factor.
    if (!existing) note(await resource.create({ metadata: key, data }))
    else if (count % 5 === 0) await resource.delete(key)
    else if (count % 5 === 1) note(await resource.update({ ...existing, data }))
    else if (count % 5 === 2) {
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: key, data }
      note(await resource.apply(object, { fieldManager: 'churn', force: true }))
    } else note(await resource.patch(key, { type: 'merge', body: { data } }))
  }
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      for (let count = 0; count < writesOfEach; count++) {
        await until(() => succeeds(write(writer, count)), 'a write is answered')
        onWrite?.()
      }
    }),
  )
  return versions
}

/** Not so where nobody answered; or where the answer shows that a request which broke was carried out, after all. */
async function succeeds(write: Promise<void>): Promise<boolean> {
  try {
    await write
    return true
  } catch (error) {
    const isToBeRead = [isConflict, isNotFound, isAlreadyExists].some((holds) => holds(error))
    if (isToBeRead || error instanceof KubeRequestError) return false
    throw error
  }
}
