import { describe, expect, it } from 'vitest'
import {
  AdmissionRounds,
  namespaceLifecycle,
  REQUESTER,
  signerRights,
} from '../../../src/controlplane/admission/index.ts'
import type { Attributes, Authorizer } from '../../../src/controlplane/rbac/index.ts'
import { admissionRequest, object } from './requests.ts'

describe('the life of a namespace', () => {
  const ending = object('Namespace', 'ending', {}, { deletionTimestamp: '2026-11-22T11:56:12Z' })
  const plugin = namespaceLifecycle({
    get: (name) => [object('Namespace', 'rec'), ending].find(({ metadata }) => metadata.name === name),
  })
  const admit = (changes: Parameters<typeof admissionRequest>[0]) =>
    plugin.mutate?.(
      admissionRequest({ resource: 'configmaps', kind: 'ConfigMap', ...changes }),
      new AdmissionRounds(),
    )

  it('lets in what is made in one that is there', () => {
    expect(admit({ namespace: 'rec' })).toBeUndefined()
  })

  it.each([
    ['missing', 'NotFound', 'namespaces "missing" not found'],
    [
      'ending',
      'Forbidden',
      'configmaps "late" is forbidden: unable to create new content in namespace ending because it is being terminated',
    ],
  ])('refuses what is made in %s', (namespace, reason, message) => {
    expect(() => admit({ namespace, name: 'late' })).toThrow(expect.objectContaining({ reason, message }))
  })

  it.each(['UPDATE', 'DELETE'] as const)('does not care about %s', (operation) => {
    expect(admit({ namespace: 'missing', operation })).toBeUndefined()
  })

  it('keeps those without which nothing works', () => {
    const request = {
      operation: 'DELETE',
      resource: 'namespaces',
      kind: 'Namespace',
      namespace: 'kube-system',
    } as const
    expect(() => admit({ ...request, name: 'kube-system' })).toThrow('this namespace may not be deleted')
    expect(admit({ ...request, name: 'rec' })).toBeUndefined()
  })
})

describe('a request for a certificate', () => {
  const csr = {
    group: 'certificates.k8s.io',
    resource: 'certificatesigningrequests',
    namespace: '',
    name: 'c1',
  }
  const request = object('CertificateSigningRequest', 'c1', {
    spec: { signerName: 'example.com/own', username: 'forged' },
  })

  it('says who has made it, whatever it said before', () => {
    const made = REQUESTER.mutate?.(
      admissionRequest({ ...csr, object: request, user: { name: 'alice', groups: ['g'], uid: '7' } }),
      new AdmissionRounds(),
    )
    expect(made).toMatchObject({ spec: { username: 'alice', groups: ['g'], uid: '7' } })
  })

  const allowing = (...names: string[]): Authorizer => ({
    authorize: (_, attributes: Attributes) => ({
      allowed:
        attributes.isResource &&
        attributes.resource === 'signers' &&
        names.includes(`${attributes.verb} ${attributes.name}`),
      reason: '',
    }),
  })
  const change = (subresource: string, status: object) =>
    admissionRequest({
      ...csr,
      operation: 'UPDATE',
      subresource,
      oldObject: request,
      object: { ...request, status } as never,
    })

  it.each([
    ['approval', {}, 'approve example.com/own', true],
    ['approval', {}, 'approve example.com/*', true],
    ['approval', {}, 'approve example.com/other', false],
    ['approval', {}, 'sign example.com/own', false],
    ['status', { certificate: 'AAAA' }, 'sign example.com/own', true],
    ['status', { certificate: 'AAAA' }, 'approve example.com/own', false],
    ['status', { conditions: [] }, 'nothing', true],
    ['', {}, 'nothing', true],
  ])('changes at %j to %j when one may %s: %s', (subresource, status, right, isAllowed) => {
    const validate = () => signerRights(allowing(right)).validate?.(change(subresource, status))
    if (isAllowed) expect(validate).not.toThrow()
    else expect(validate).toThrow('user not permitted to')
  })
})
