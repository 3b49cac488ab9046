import { describe, expect, it } from 'vitest'
import type { Collection, Page } from '../../../src/controlplane/collection/index.ts'
import type { ObjectRequest } from '../../../src/controlplane/endpoints/index.ts'
import { listAnswer } from '../../../src/controlplane/endpoints/list-answer.ts'
import type { ServedResource } from '../../../src/controlplane/resources/index.ts'

const COLLECTION = { kind: 'Thing', apiVersion: 'example.com/v1' } as unknown as Collection

function pageOf(count: number): Page {
  const items = Array.from({ length: count }, (_, index) => {
    const object = { kind: 'Thing', apiVersion: 'example.com/v1', metadata: { name: `ä${index}` } }
    return { key: `things/${index}`, revision: index + 1, value: Buffer.from(JSON.stringify(object)) }
  })
  return { items, revision: count + 1, continueToken: undefined, remaining: undefined }
}

async function listed(count: number, isCustom: boolean): Promise<unknown> {
  const resource = { isCustom, isStoredVersion: true, listKind: 'ThingList' } as unknown as ServedResource
  const representation = { format: 'json', as: undefined } as unknown as Parameters<typeof listAnswer>[4]
  const { body } = await listAnswer({} as ObjectRequest, resource, COLLECTION, pageOf(count), representation)
  return JSON.parse(Buffer.concat(body).toString())
}

describe('a list in JSON', () => {
  it.each([0, 1, 3, 150_000])(
    'has all of %d items, without their kind when it is built in',
    async (count) => {
      expect(await listed(count, false)).toEqual({
        kind: 'ThingList',
        apiVersion: 'example.com/v1',
        metadata: { resourceVersion: String(count + 1) },
        items: Array.from({ length: count }, (_, index) => ({ metadata: { name: `ä${index}` } })),
      })
    },
  )

  it('says the kind of each custom object', async () => {
    expect(await listed(2, true)).toMatchObject({
      metadata: { continue: '', resourceVersion: '3' },
      items: [
        { kind: 'Thing', apiVersion: 'example.com/v1', metadata: { name: 'ä0' } },
        { kind: 'Thing', apiVersion: 'example.com/v1', metadata: { name: 'ä1' } },
      ],
    })
  })
})
