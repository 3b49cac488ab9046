import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CustomResourceConversion } from '../../../src/apis/apiextensions/v1.ts'
import { hubCrds } from '../../../src/apis/crds.ts'
import { CertificateAuthority } from '../../../src/pki/index.ts'
import { establish } from '../../integration/apis/definitions.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { kubeconfigOf } from '../../support/pod-fixtures.ts'
import { freePort } from '../../support/ports.ts'
import { CLUSTER_PROXY, endProcesses, TestProcess } from '../../support/processes.ts'

const GROUP = 'addon.open-cluster-management.io'

describe('cluster-proxy addon webhook-server', () => {
  let server: TestControlPlane
  let kubeconfig: Awaited<ReturnType<typeof kubeconfigOf>>
  let certdir: string
  let webhook: TestProcess
  let port: number
  let ca: CertificateAuthority

  beforeAll(async () => {
    server = await TestControlPlane.start()
    kubeconfig = await kubeconfigOf(server)
    certdir = await mkdtemp(path.join(os.tmpdir(), 'addon-webhook-'))
    ca = await CertificateAuthority.create({ commonName: 'webhooks' })
    const pair = await ca.issueServerCertificate({ dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] })
    await writeFile(path.join(certdir, 'tls.key'), pair.privateKeyPem, { mode: 0o600 })
    await writeFile(path.join(certdir, 'tls.crt'), pair.certificatePem)
    port = await freePort()
    webhook = TestProcess.start(CLUSTER_PROXY, [
      'addon',
      'webhook-server',
      `--kubeconfig=${kubeconfig.file}`,
      `--certdir=${certdir}`,
      `--port=${port}`,
      '--health-probe-port=0',
      '--metrics-port=0',
    ])
    await webhook.logged('serving webhooks')
  })

  afterAll(async () => {
    await endProcesses()
    await kubeconfig[Symbol.asyncDispose]()
    await server.close()
    await rm(certdir, { recursive: true, force: true })
  })

  it('converts add-ons, and ends in order', async () => {
    const caBundle = Buffer.from(ca.certificatePem).toString('base64')
    const conversion: CustomResourceConversion = {
      strategy: 'Webhook',
      webhook: {
        clientConfig: { url: `https://127.0.0.1:${port}/convert`, caBundle },
        conversionReviewVersions: ['v1', 'v1beta1'],
      },
    }
    await establish(
      server,
      hubCrds(conversion).filter(({ spec }) => spec.conversion),
    )
    const written = await server.admin.post(`/apis/${GROUP}/v1beta1/clustermanagementaddons`, {
      apiVersion: `${GROUP}/v1beta1`,
      kind: 'ClusterManagementAddOn',
      metadata: { name: 'a' },
      spec: { defaultConfigs: [{ resource: 'r', name: 'n' }] },
    })
    expect(written.status).toBe(201)
    const { json } = await server.admin.get(`/apis/${GROUP}/v1alpha1/clustermanagementaddons/a`)
    expect(json.spec.supportedConfigs).toEqual([{ group: '', resource: 'r', defaultConfig: { name: 'n' } }])

    webhook.kill('SIGTERM')
    expect(await webhook.exited).toEqual({ status: 0, signal: null })
  })
})
