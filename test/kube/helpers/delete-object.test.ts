import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deleteIfThere, type KubeClient, KubeRequestError } from '../../../src/kube/index.ts'
import { FakeApiServer, type SeenRequest } from '../fake-apiserver.ts'

const CONFIG_MAPS = { group: '', version: 'v1', plural: 'configmaps', namespaced: true }
const PATH = '/api/v1/configmaps'
const KEY = { namespace: 'ns', name: 'a' }

let api: FakeApiServer
let client: KubeClient

beforeEach(async () => {
  api = await FakeApiServer.start()
  client = api.client()
})

afterEach(async () => {
  await client.stop()
  await api.stop()
})

const remove = () => deleteIfThere(client.resource(CONFIG_MAPS), KEY)
const put = (metadata: object = {}) => api.put(PATH, { metadata: { ...KEY, ...metadata } })

describe('deleting what may be there', () => {
  it('says whether it was', async () => {
    put()
    expect(await remove()).toBe(true)
    expect(await remove()).toBe(false)
  })

  /** The connection breaks once `done` has happened to the object. */
  const losing = (done: () => void) => {
    api.faultFor = ({ method }: SeenRequest) => {
      if (method !== 'DELETE') return undefined
      done()
      return 'reset'
    }
  }

  it.each([
    ['it is done', () => api.remove(PATH, 'ns/a'), false],
    [
      'it waits for a finalizer',
      () => put({ finalizers: ['f/f'], deletionTimestamp: '2026-01-01T00:00:00Z' }),
      true,
    ],
  ])('is done where the answer is lost and %s', async (_, done, wasThere) => {
    put()
    losing(() => void done())
    expect(await remove()).toBe(wasThere)
  })

  it('has failed where the request was lost', async () => {
    put()
    losing(() => {})
    await expect(remove()).rejects.toThrow(KubeRequestError)
    expect(api.all(PATH)).toHaveLength(1)
  })
})
