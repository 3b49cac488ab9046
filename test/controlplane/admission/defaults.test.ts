import { describe, expect, it } from 'vitest'
import {
  AdmissionChain,
  CERTIFICATE_SUBJECT,
  defaultIngressClass,
  defaultStorageClass,
} from '../../../src/controlplane/admission/index.ts'
import type { KubeObject } from '../../../src/controlplane/registry/index.ts'
import { createCertificateRequest } from '../../../src/pki/index.ts'
import { admissionRequest, object } from './requests.ts'

function storageClass(name: string, created: string, isDefault = 'true'): KubeObject {
  const annotations = { 'storageclass.kubernetes.io/is-default-class': isDefault }
  return object('StorageClass', name, {}, { annotations, creationTimestamp: created })
}

async function claimed(classes: readonly KubeObject[], claim: KubeObject) {
  const plugin = defaultStorageClass({ list: () => classes })
  const request = admissionRequest({ resource: 'persistentvolumeclaims', object: claim })
  const admitted = await new AdmissionChain([plugin]).admit(request)
  return (admitted as KubeObject & { spec: { storageClassName?: string } }).spec.storageClassName
}

describe('the class of a claim', () => {
  const [older, newer] = ['2026-11-22T11:56:12Z', '2026-11-22T11:56:13Z']
  const claim = (spec: object = {}, metadata: object = {}) =>
    object('PersistentVolumeClaim', 'c', { spec }, metadata)

  it.each<[string, KubeObject[], KubeObject, string | undefined]>([
    ['is the default one', [storageClass('a', older)], claim(), 'a'],
    ['is none where none is', [storageClass('a', older, 'false')], claim(), undefined],
    ['is the newest of several', [storageClass('a', older), storageClass('b', newer)], claim(), 'b'],
    ['is the first by name of those', [storageClass('b', newer), storageClass('a', newer)], claim(), 'a'],
    ['is what it says', [storageClass('a', older)], claim({ storageClassName: '' }), ''],
    [
      'may be said in the old way',
      [storageClass('a', older)],
      claim({}, { annotations: { 'volume.beta.kubernetes.io/storage-class': 'x' } }),
      undefined,
    ],
  ])('%s', async (_, classes, made, expected) => {
    expect(await claimed(classes, made)).toBe(expected)
  })
})

it('gives an ingress the default class', async () => {
  const annotations = { 'ingressclass.kubernetes.io/is-default-class': 'true' }
  const plugin = defaultIngressClass({ list: () => [object('IngressClass', 'i', {}, { annotations })] })
  const request = admissionRequest({
    group: 'networking.k8s.io',
    resource: 'ingresses',
    object: object('Ingress', 'a', { spec: {} }),
  })
  expect(await new AdmissionChain([plugin]).admit(request)).toMatchObject({
    spec: { ingressClassName: 'i' },
  })
})

describe('a request for a certificate', () => {
  const asking = async (organization: string, signer: string, pem?: string) => {
    const subject = { commonName: 'eve', organizations: [organization] }
    const { requestPem } = await createCertificateRequest(subject)
    const spec = { signerName: signer, request: Buffer.from(pem ?? requestPem).toString('base64') }
    return new AdmissionChain([CERTIFICATE_SUBJECT]).admit(
      admissionRequest({
        group: 'certificates.k8s.io',
        resource: 'certificatesigningrequests',
        namespace: '',
        object: object('CertificateSigningRequest', 'c', { spec }),
      }),
    )
  }
  const CLIENTS = 'kubernetes.io/kube-apiserver-client'
  const FORBIDDEN = 'certificatesigningrequests.certificates.k8s.io "c" is forbidden: '

  it('is for no one who may do everything', async () => {
    await expect(asking('system:masters', CLIENTS)).rejects.toMatchObject({
      reason: 'Forbidden',
      message: `${FORBIDDEN}use of ${CLIENTS} signer with system:masters group is not allowed`,
    })
    await expect(asking('admins', CLIENTS)).resolves.toBeDefined()
    await expect(asking('system:masters', 'example.com/own')).resolves.toBeDefined()
  })

  it('is left to be refused by its kind when it is none', async () => {
    await expect(asking('admins', CLIENTS, 'none')).resolves.toBeDefined()
  })
})
