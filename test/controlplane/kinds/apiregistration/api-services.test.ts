import { describe, expect, it } from 'vitest'
import { causesOfCreating, createdAs, KindWriter } from '../kind-writer.ts'

const KEY = 'apiservices.apiregistration.k8s.io'
const service = (more: object = {}, name = 'v1.example.com') => ({
  metadata: { name },
  spec: { group: 'example.com', version: 'v1', groupPriorityMinimum: 1000, versionPriority: 10, ...more },
})

describe('a part of the API', () => {
  it('is there at once where the server answers it itself', async () => {
    expect(await createdAs(KEY, service())).toMatchObject({
      status: {
        conditions: [
          { type: 'Available', status: 'True', lastTransitionTime: '2026-11-22T11:56:12Z', reason: 'Local' },
        ],
      },
    })
  })

  it('is asked for over HTTPS where a service answers it', async () => {
    const made = await createdAs(KEY, service({ service: { namespace: 'n', name: 's' } }))
    expect(made).toMatchObject({ spec: { service: { port: 443 } }, status: {} })
  })

  it.each([
    [
      service({}, 'other'),
      ['metadata.name: Invalid value: "other": must be `spec.version+"."+spec.group`: "v1.example.com"'],
    ],
    [
      service({ groupPriorityMinimum: 0 }),
      ['spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000'],
    ],
    [
      service({ caBundle: 'YQ==' }),
      ['spec.caBundle: Invalid value: "1 bytes": local APIServices may not have a caBundle'],
    ],
    [service({ service: { name: 's' } }), ['spec.service.namespace: Required value']],
    [
      service({ service: { namespace: 'n', name: 's' }, insecureSkipTLSVerify: true, caBundle: 'YQ==' }),
      ['spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present'],
    ],
  ])('is refused: %j', async (body, causes) => {
    expect(await causesOfCreating(KEY, body)).toEqual(causes)
  })

  it('keeps its labels when its status is written', async () => {
    const writer = await KindWriter.open(KEY)
    await writer.create({ ...service(), metadata: { name: 'v1.example.com', labels: { a: 'b' } } })
    const patch = {
      metadata: { labels: { a: 'c' } },
      spec: { versionPriority: 1 },
      status: { conditions: [] },
    }
    const { metadata, spec } = await writer.merge('v1.example.com', patch, 'status')
    expect(metadata).toMatchObject({ labels: { a: 'b' } })
    expect(spec).toMatchObject({ versionPriority: 10 })
    await writer.close()
  })
})
