import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { createSelfSignedCertificate } from '../../../src/pki/index.ts'
import { clusteradm } from '../../support/clusteradm.ts'
import { eventually } from '../../support/eventually.ts'
import { FakeKubeApi } from '../../support/fake-kube-api.ts'
import { CONDITION, HubBench } from './hub-bench.ts'

const BOOTSTRAP_SECRET = '/api/v1/namespaces/open-cluster-management-agent/secrets/bootstrap-hub-kubeconfig'
const KLUSTERLET = '/apis/operator.open-cluster-management.io/v1/klusterlets/klusterlet'

const AGENT_NAMESPACE = 'open-cluster-management-agent'
const CRASHING = {
  phase: 'Running',
  containerStatuses: [
    {
      name: 'main',
      image: 'i',
      imageID: '',
      ready: false,
      restartCount: 3,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 1 } },
    },
  ],
}

let bench: HubBench

beforeEach(async () => {
  bench = await HubBench.start()
})

afterEach(() => bench.close())

/** The command that the hub prints, for a cluster that is the hub itself: managed by the proxy, asked directly. */
async function joinLine(initFlags = ''): Promise<string> {
  const { out } = await bench.runDirectly(`init${initFlags}`)
  await bench.installHubCrds()
  const [, line = '', pin = ''] = /clusteradm (join .*) --cluster-name <cluster_name>(.*)/.exec(out) ?? []
  return `${line}${pin}`
}

const bootstrapConfig = async () => {
  const { json } = await bench.controlPlane.admin.get(BOOTSTRAP_SECRET)
  return parse(Buffer.from(json.data.kubeconfig, 'base64').toString())
}

describe('clusteradm join', () => {
  it('installs the operator, and gives it what the agent introduces itself with', async () => {
    const line = await joinLine()
    const { status, out } = await bench.run(`${line} --cluster-name c1`)
    expect(status).toBe(0)
    expect(out).toBe(
      'Please log onto the hub cluster and run the following command:\n\n    clusteradm accept --clusters c1\n\nThis is not needed when the ManagedClusterAutoApproval feature is enabled\n',
    )
    const config = await bootstrapConfig()
    expect(config.clusters[0].cluster.server).toBe(bench.controlPlane.url.origin)
    expect(
      Buffer.from(config.clusters[0].cluster['certificate-authority-data'], 'base64').toString().trim(),
    ).toBe(bench.controlPlane.tls.ca?.trim())
    expect(line).toContain(`--hub-token ${config.users[0].user.token} `)
    const { json } = await bench.controlPlane.admin.get(KLUSTERLET)
    expect(json.spec).toMatchObject({
      clusterName: 'c1',
      namespace: 'open-cluster-management-agent',
      deployOption: { mode: 'Default' },
      externalServerURLs: [{ url: bench.controlPlane.url.origin }],
    })
  })

  it('takes the lines of the user documents as they stand', async () => {
    const line = (await joinLine()).replace(/ --hub-ca-hash \S+/, '')
    const withSlash = line.replace(/(--hub-apiserver \S+)/, '$1/')
    const { status, err } = await bench.run(
      `--singleton=true ${withSlash} --cluster-name c1 --force-internal-endpoint-lookup`,
    )
    expect(status).toBe(0)
    expect(err).toMatch(/the hub's CA is taken on first use: sha256:[0-9a-f]{64}/)
    expect(err).toContain('Preflight check: HubKubeconfig check Passed with 1 warnings and 0 errors\n')
    expect((await bootstrapConfig()).clusters[0].cluster.server).toBe(bench.controlPlane.url.origin)
    const { json } = await bench.controlPlane.admin.get(KLUSTERLET)
    expect(json.spec.deployOption.mode).toBe('Singleton')
  })

  it('takes a line with a comment behind a backslash, of which a shell makes a word', async () => {
    const line = await joinLine()
    const words = [
      ...line.split(' '),
      '--cluster-name',
      'c1',
      ' ',
      '--dry-run',
      '--kubeconfig',
      bench.recorded,
    ]
    const { status, err } = await clusteradm(words)
    expect(status).toBe(0)
    expect(err).toMatch(/^there is a backslash with a space behind it: .* such as --context, were not seen$/m)
    expect((await bench.run(`${line} --cluster-name c1 stray --dry-run`)).err).toContain(
      'ignored, for everything is set by flags here: "stray"',
    )
  })

  it('reads the token from a file, so that nobody sees it on the command line', async () => {
    const line = await joinLine()
    const [flag = '', token = ''] = /--hub-token (\S+)/.exec(line) ?? []
    const file = await bench.workspace.write('token', `${token}\n`)
    const withFile = line.replace(flag, `--hub-token-file ${file}`)
    expect((await bench.run(`${withFile} --cluster-name c1`)).status).toBe(0)
    expect((await bootstrapConfig()).users[0].user.token).toBe(token)
  })

  it("has an empty URL where the managed cluster does not tell its own, as the original's operator is used to", async () => {
    const ca = await bench.workspace.write('ca.crt', bench.controlPlane.tls.ca ?? '')
    const line = await joinLine()
    await bench.controlPlane.admin.delete('/api/v1/namespaces/kube-public/configmaps/cluster-info')
    const { status, err } = await bench.run(`${line} --cluster-name c1 --ca-file ${ca}`)
    expect(status).toBe(0)
    expect(err).toContain('Join continues without an external API server URL for the klusterlet')
    const { json } = await bench.controlPlane.admin.get(KLUSTERLET)
    expect(json.spec.externalServerURLs).toEqual([{ url: '' }])
  })

  it('changes nothing when it is run again, and nothing in a dry run', async () => {
    const line = `${await joinLine()} --cluster-name c1`
    const dry = await bench.run(`${line} --dry-run`)
    expect(dry.status).toBe(0)
    expect(dry.out).toContain('kind: Klusterlet\n')
    expect(bench.proxy.writes).toEqual([])
    await bench.run(line)
    expect(bench.proxy.writes.length).toBeGreaterThan(5)
    expect((await bench.run(line)).status).toBe(0)
    expect(bench.proxy.writes).toEqual([])
  })

  it('refuses a hub whose CA is not the one that is pinned, and tells what it found', async () => {
    const line = (await joinLine()).replace(/sha256:[0-9a-f]{4}/, 'sha256:0000')
    const { status, err } = await bench.run(`${line} --cluster-name c1`)
    expect(status).toBe(1)
    expect(err).toMatch(/the CA of https:\S+ is sha256:[0-9a-f]{64}, not the one of --hub-ca-hash/)
    expect(bench.proxy.writes).toEqual([])
  })

  it('needs the CA, or the word to do without, where the hub does not publish it', async () => {
    const line = (await joinLine(' --publish-cluster-info=false')).replace(/ --hub-ca-hash \S+/, '')
    const refused = await bench.run(`${line} --cluster-name c1`)
    expect(refused.status).toBe(1)
    expect(refused.err).toContain('Error: cannot learn the CA of the hub')
    const ca = await bench.workspace.write('ca.crt', bench.controlPlane.tls.ca ?? '')
    expect((await bench.run(`${line} --cluster-name c1 --dry-run --ca-file ${ca}`)).status).toBe(0)
    expect(
      (await bench.run(`${line} --cluster-name c1 --dry-run --insecure-skip-hub-verification`)).status,
    ).toBe(0)
  })

  it('shows its token to no server that nobody vouches for', async () => {
    const impostor = await FakeKubeApi.start()
    try {
      const attempts = ['', ` --hub-ca-hash sha256:${'0'.repeat(64)}`, ' --force-internal-endpoint-lookup']
      for (const flags of attempts) {
        const line = `join --hub-token secret --hub-apiserver ${impostor.url} --cluster-name c1${flags}`
        const { status, err } = await clusteradm([...line.split(' '), '--kubeconfig', bench.recorded])
        expect({ flags, status }).toEqual({ flags, status: 1 })
        expect(err).not.toContain('secret')
      }
      expect(impostor.requests.length).toBeGreaterThan(0)
      expect(impostor.requests.filter(({ authorization }) => authorization !== undefined)).toEqual([])
    } finally {
      await impostor.stop()
    }
  })

  it('says what is wrong with what it was given', async () => {
    const line = await joinLine()
    const { certificatePem } = await createSelfSignedCertificate({ commonName: 'another hub', dnsNames: [] })
    const wrongCa = await bench.workspace.write('wrong.crt', certificatePem)
    const claims = Buffer.from(JSON.stringify({ exp: 1_700_000_000 })).toString('base64url')
    const cases = [
      [
        'join --hub-token t --hub-apiserver hub:6443 --cluster-name c1',
        '--hub-apiserver should start with http:// or https://',
      ],
      [
        `join --hub-token a.${claims}.c --hub-apiserver https://h --cluster-name c1`,
        'the hub token has expired at 2023-11-14T22:13:20.000Z',
      ],
      [
        'join --hub-token=t\u2026 --hub-apiserver https://h --cluster-name c1',
        'the hub token has a space, a line break or another character that no token has',
      ],
      [`${line} --hub-token-file f --cluster-name c1`, 'give either --hub-token or --hub-token-file'],
      [
        'join --hub-token-file /nowhere --hub-apiserver https://h --cluster-name c1',
        'cannot read --hub-token-file /nowhere: there is no such file',
      ],
      [`${line} --cluster-name C1`, '[ERROR ClusterName Check]: validate ClusterName failed: should match'],
      [`${line} --cluster-name a.b`, '"a.b" has to be 1 to 63 lower-case letters, digits and "-"'],
      [`${line} --cluster-name ${'a'.repeat(64)}`, 'has to be 1 to 63 lower-case'],
      [`${line} --cluster-name c1 --mode hosted`, '--mode hosted is not supported by this release'],
      [
        `${line} --cluster-name c1 --mode odd`,
        '[ERROR DeployMode Check]: deploy mode should be default or hosted',
      ],
      [`${line} --cluster-name c1 --hub-ca-hash x`, '--hub-ca-hash "x" is no hash of a CA'],
      [
        'join --hub-token t --hub-apiserver https://127.0.0.1:1 --cluster-name c1',
        'cannot reach the hub https://127.0.0.1:1 (--hub-apiserver): connection refused',
      ],
      [
        line.replace(/--hub-token \S+/, '--hub-token wrong').concat(' --cluster-name c1'),
        '[ERROR HubKubeconfig check]: Unauthorized: the hub does not take the token',
      ],
      [
        `${line.replace(/ --hub-ca-hash \S+/, '')} --cluster-name c1 --ca-file ${wrongCa}`,
        '[ERROR HubKubeconfig check]: the certificate of the hub is not of the CA that it is verified by',
      ],
      [`${line} --cluster-name c1 --context nowhere`, 'context "nowhere" does not exist'],
    ] as const
    for (const [command, text] of cases) {
      const { status, err } = await bench.run(command)
      expect({ text, status, found: err.includes(text) }).toEqual({ text, status: 1, found: true })
      expect(bench.proxy.writes).toEqual([])
    }
  })

  it('brings the operator that a Klusterlet waits for to be deleted, and what its namespace would take along only then', async () => {
    const line = await joinLine()
    await bench.run(`${line} --cluster-name c1`)
    const { admin } = bench.controlPlane
    const operator = '/apis/apps/v1/namespaces/open-cluster-management/deployments/klusterlet'
    await admin.request({ method: 'DELETE', path: operator })
    await admin.patch(KLUSTERLET, { metadata: { finalizers: ['operator.example/cleanup'] } })
    await admin.request({ method: 'DELETE', path: KLUSTERLET })
    const before = await admin.get(BOOTSTRAP_SECRET)
    const running = bench.run(`${line} --cluster-name c2`)
    await eventually(async () => (await admin.get(operator)).status).toBe(200)
    // as the operator does it
    await admin.request({ method: 'DELETE', path: BOOTSTRAP_SECRET })
    await admin.patch(KLUSTERLET, { metadata: { finalizers: null } })
    expect((await running).status).toBe(0)
    expect((await admin.get(KLUSTERLET)).json.spec.clusterName).toBe('c2')
    const after = await admin.get(BOOTSTRAP_SECRET)
    expect(after.json.metadata.uid).not.toBe(before.json.metadata.uid)
    expect(after.json.data).toBeDefined()
  })

  it('waits until the agent has introduced itself', async () => {
    const line = await joinLine()
    let said = ''
    const onError = (text: string) => {
      said += text
    }
    const saying = (text: string) => eventually(() => said).toContain(text)
    const running = bench.run(`${line} --cluster-name c1 --wait`, { onError })
    await saying('registration operator to become ready...')
    await bench.rollOut('open-cluster-management', 'klusterlet')
    await saying('klusterlet agent to become ready... (the operator has not looked at it yet)')
    await bench.setApplied(KLUSTERLET)
    await bench.createDeployment(AGENT_NAMESPACE, 'klusterlet-registration-agent')
    await saying('(the Deployment open-cluster-management-agent/klusterlet-registration-agent has no Pods')
    await bench.createPod(AGENT_NAMESPACE, 'agent', 'klusterlet-registration-agent', CRASHING)
    await saying('(CrashLoopBackOff: container main ended with status 1)')
    await bench.createDeployment(AGENT_NAMESPACE, 'klusterlet-work-agent', 0) // it works once it is accepted
    await bench.rollOut(AGENT_NAMESPACE, 'klusterlet-work-agent')
    await bench.rollOut(AGENT_NAMESPACE, 'klusterlet-registration-agent')
    await saying('Klusterlet is now available.')
    await bench.setApplied(KLUSTERLET, [
      {
        ...CONDITION,
        type: 'HubConnectionDegraded',
        status: 'True',
        reason: 'BootstrapSecretError,HubKubeConfigSecretMissing',
        message: 'the hub cannot be reached\nand another line',
      },
    ])
    await saying('created... (BootstrapSecretError: the hub cannot be reached)')
    await bench.createCluster('c1')
    const { status, err } = await running
    expect(status).toBe(0)
    expect(err).toContain('Managed cluster is created.\n')
  })
})
