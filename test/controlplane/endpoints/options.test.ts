import { describe, expect, it } from 'vitest'
import { deleteOptions } from '../../../src/controlplane/endpoints/delete-options.ts'
import type { ObjectRequest } from '../../../src/controlplane/endpoints/index.ts'
import { writeOptions } from '../../../src/controlplane/endpoints/write-options.ts'

function request(query: string, changes: { headers?: object; body?: string } = {}): ObjectRequest {
  return {
    url: new URL(`http://apiserver/api/v1/namespaces/rec/configmaps/a?${query}`),
    headers: changes.headers ?? {},
    readBody: async () => Buffer.from(changes.body ?? ''),
  } as unknown as ObjectRequest
}

describe('how a client wants to write', () => {
  it('is what it says', () => {
    const options = writeOptions(
      request('dryRun=All&fieldManager=me&fieldValidation=Strict'),
      'CreateOptions',
    )
    expect(options).toMatchObject({ dryRun: true, manager: 'me', fieldValidation: 'Strict', force: false })
    expect(options.object).toEqual({
      kind: 'CreateOptions',
      apiVersion: 'meta.k8s.io/v1',
      dryRun: ['All'],
      fieldManager: 'me',
      fieldValidation: 'Strict',
    })
  })

  it.each([
    ['kubectl/v1.36.0 (linux/amd64)', 'kubectl'],
    ['', ''],
    ['curl', 'curl'],
  ])('is managed by whoever calls itself %j', (agent, manager) => {
    const options = writeOptions(request('', { headers: { 'user-agent': agent } }), 'UpdateOptions')
    expect(options).toMatchObject({ manager, dryRun: false, fieldValidation: 'Warn' })
  })

  it.each([
    ['dryRun=Some', false, 'dryRun: Unsupported value: ["Some"]: supported values: "All"'],
    [
      'fieldValidation=Maybe',
      false,
      'fieldValidation: Unsupported value: "Maybe": supported values: "", "Ignore", "Strict", "Warn"',
    ],
    ['force=true', false, 'force: Forbidden: may not be specified for non-apply patch'],
    ['', true, 'fieldManager: Required value: is required for apply patch'],
    [`fieldManager=${'x'.repeat(129)}`, true, 'fieldManager: Too long: may not be more than 128 bytes'],
  ])('is refused for %j', (query, isApply, detail) => {
    expect(() => writeOptions(request(query), 'PatchOptions', isApply)).toThrow(
      expect.objectContaining({
        reason: 'Invalid',
        message: `PatchOptions.meta.k8s.io "" is invalid: ${detail}`,
      }),
    )
  })

  it('forces where a configuration is applied', () => {
    expect(writeOptions(request('force=true&fieldManager=me'), 'PatchOptions', true).force).toBe(true)
  })
})

describe('how a client wants to delete', () => {
  it('is what its body says', async () => {
    const body = JSON.stringify({
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      gracePeriodSeconds: 3,
      preconditions: { uid: 'u', resourceVersion: '7' },
      propagationPolicy: 'Foreground',
      dryRun: ['All'],
    })
    expect(await deleteOptions(request('gracePeriodSeconds=9', { body }))).toMatchObject({
      dryRun: true,
      gracePeriodSeconds: 3,
      preconditions: { uid: 'u', resourceVersion: '7' },
      propagationPolicy: 'Foreground',
    })
  })

  it.each([
    ['', { dryRun: false, gracePeriodSeconds: undefined, propagationPolicy: undefined }],
    ['gracePeriodSeconds=0&propagationPolicy=Orphan', { gracePeriodSeconds: 0, propagationPolicy: 'Orphan' }],
    ['gracePeriodSeconds=-7', { gracePeriodSeconds: 1 }],
    ['uid=u&resourceVersion=7', { preconditions: { uid: 'u', resourceVersion: '7' } }],
    ['orphanDependents=true', { propagationPolicy: 'Orphan' }],
    ['orphanDependents=false&dryRun=All', { propagationPolicy: 'Background', dryRun: true }],
  ])('is what the query %j says without one', async (query, expected) => {
    expect(await deleteOptions(request(query))).toMatchObject(expected)
  })

  it.each([
    ['gracePeriodSeconds=soon', 'BadRequest', 'invalid syntax'],
    ['gracePeriodSeconds=', 'BadRequest', 'strconv.ParseInt: parsing "": invalid syntax'],
    [
      'propagationPolicy=Sideways',
      'Invalid',
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Sideways": supported values: "Foreground", "Background", "Orphan", "nil"',
    ],
    [
      'propagationPolicy=&dryRun=None',
      'Invalid',
      '[propagationPolicy: Unsupported value: "": supported values: "Foreground", "Background", "Orphan", "nil", dryRun: Unsupported value: ["None"]: supported values: "All"]',
    ],
    ['propagationPolicy=Orphan&orphanDependents=true', 'Invalid', 'cannot be both set'],
    ['dryRun=None', 'Invalid', 'dryRun: Unsupported value'],
  ])('is refused for %j', async (query, reason, message) => {
    await expect(deleteOptions(request(query))).rejects.toEqual(
      expect.objectContaining({ reason, message: expect.stringContaining(message) }),
    )
  })
})
