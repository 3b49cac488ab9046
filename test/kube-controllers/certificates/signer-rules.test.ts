import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { SIGNER_RULES } from '../../../src/kube-controllers/certificates/signer-rules.ts'
import type { CertificateRequest } from '../../../src/pki/index.ts'

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const NODE = { commonName: 'system:node:one', organizations: ['system:nodes'] }
const CLIENT = ['client auth', 'digital signature']
const SERVER = ['server auth', 'digital signature', 'key encipherment']

type Names = Partial<CertificateRequest>
const problemOf = (signer: string, names: Names, usages: readonly string[]) => {
  const request = { subject: NODE, dnsNames: [], ipAddresses: [], publicKey, ...names }
  return SIGNER_RULES.get(`kubernetes.io/${signer}`)?.(request, usages)
}

describe('the signers', () => {
  it.each<[signer: string, names: Names, usages: readonly string[], problem: string | undefined]>([
    ['kube-apiserver-client', { subject: { commonName: 'x' } }, CLIENT, undefined],
    ['kube-apiserver-client', {}, ['client auth'], undefined],
    [
      'kube-apiserver-client',
      {},
      ['digital signature'],
      'missing required usage for client certificate: client auth',
    ],
    ['kube-apiserver-client', {}, SERVER, 'invalid usage for client certificate: server auth'],
    ['kube-apiserver-client-kubelet', {}, CLIENT, undefined],
    ['kube-apiserver-client-kubelet', {}, [...CLIENT, 'key encipherment'], undefined],
    [
      'kube-apiserver-client-kubelet',
      {},
      ['client auth'],
      'usages did not match [client auth digital signature key encipherment]',
    ],
    [
      'kube-apiserver-client-kubelet',
      { subject: { ...NODE, organizations: ['system:nodes', 'system:masters'] } },
      CLIENT,
      'subject organization is not system:nodes',
    ],
    [
      'kube-apiserver-client-kubelet',
      { subject: { commonName: 'system:node:one' } },
      CLIENT,
      'subject organization is not system:nodes',
    ],
    [
      'kube-apiserver-client-kubelet',
      { subject: { ...NODE, commonName: 'one' } },
      CLIENT,
      'subject common name does not begin with system:node:',
    ],
    ['kube-apiserver-client-kubelet', { dnsNames: ['a'] }, CLIENT, 'DNS subjectAltNames are not allowed'],
    ['kube-apiserver-client-kubelet', { ipAddresses: ['::1'] }, CLIENT, 'IP subjectAltNames are not allowed'],
    ['kubelet-serving', { dnsNames: ['a'] }, SERVER, undefined],
    ['kubelet-serving', { ipAddresses: ['::1'] }, SERVER.slice(0, 2), undefined],
    ['kubelet-serving', {}, SERVER, 'DNS or IP subjectAltName is required'],
    [
      'kubelet-serving',
      { dnsNames: ['a'] },
      [...SERVER, 'client auth'],
      'usages did not match [digital signature key encipherment server auth]',
    ],
    [
      'kubelet-serving',
      { dnsNames: ['a'], subject: { ...NODE, commonName: 'one' } },
      SERVER,
      'subject common name does not begin with system:node:',
    ],
  ])('%s, asked by %j for %j, says %s', (signer, names, usages, problem) => {
    expect(problemOf(signer, names, usages)).toBe(problem)
  })
})
