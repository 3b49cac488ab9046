import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCertificateRequest } from '../../../src/pki/index.ts'
import { ControlPlaneProcess } from '../../support/control-plane-process.ts'
import { hasKubeClients } from '../../support/kube-clients.ts'
import { endProcesses } from '../../support/processes.ts'

describe.runIf(hasKubeClients())('who may do what in a control plane, by kubectl', () => {
  let cluster: ControlPlaneProcess

  beforeAll(async () => {
    cluster = await ControlPlaneProcess.start()
    await cluster.ok(`
      kubectl create serviceaccount robot
      kubectl create role reader --verb=get,list,watch --resource=configmaps
      kubectl create rolebinding readers --role=reader --serviceaccount=default:robot --user=jane
      kubectl create configmap open`)
  })

  afterAll(async () => {
    await endProcesses()
    await cluster.dispose()
  })

  describe('auth', () => {
    it('knows the administrator', async () => {
      const { status } = await cluster.json<{ status: unknown }>('kubectl auth whoami -o json')
      expect(status).toMatchObject({
        userInfo: { username: 'system:admin', groups: ['system:masters', 'system:authenticated'] },
      })
    })

    it('knows who is impersonated', async () => {
      const fields = "-o jsonpath='{.status.userInfo.username} {.status.userInfo.groups}'"
      expect(await cluster.ok(`kubectl auth whoami --as=jane --as-group=ops ${fields}`)).toBe(
        'jane ["ops","system:authenticated"]',
      )
    })

    it.each([
      ["'*' '*' --all-namespaces", 'yes', 0],
      ['get configmaps --as=jane', 'yes', 0],
      ['get configmaps/open --as=jane', 'yes', 0],
      ['get configmaps --as=jane -n kube-system', 'no', 1],
      ['delete configmaps --as=jane', 'no', 1],
      ['list configmaps --as=system:serviceaccount:default:robot', 'yes', 0],
      ['get /healthz --as=jane', 'yes', 0],
      ['get /metrics --as=jane', 'no', 1],
      ['create deployments --as=jane --as-group=system:masters', 'yes', 0],
    ])('can-i %s: %s', async (question, answer, status) => {
      expect(await cluster.run(`kubectl auth can-i ${question}`)).toMatchObject({
        status,
        stdout: `${answer}\n`,
      })
    })

    it('lists all that somebody may do', async () => {
      const list = await cluster.ok('kubectl auth can-i --list --as=jane')
      expect(list).toMatch(/^configmaps +\[] +\[] +\[get list watch]$/m)
      expect(list).toMatch(/^selfsubjectaccessreviews\.authorization\.k8s\.io +\[] +\[] +\[create]$/m)
      expect(list).toMatch(/^ +\[\/healthz] +\[] +\[get]$/m)
    })

    it('reconciles roles', async () => {
      const role = (verbs: string) =>
        `apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: { name: kept, namespace: default }\nrules: [{ apiGroups: [""], resources: [pods], verbs: [${verbs}] }]\n`
      await cluster.ok('kubectl auth reconcile -f -', { input: role('get') })
      await cluster.ok('kubectl auth reconcile -f -', { input: role('list') })
      expect(await cluster.ok("kubectl get role kept -o jsonpath='{.rules[*].verbs}'")).toBe(
        '["get"] ["list"]',
      )
    })
  })

  describe('authorisation', () => {
    it('lets those read who may', async () => {
      expect(await cluster.ok('kubectl get cm open -o name --as=jane')).toBe('configmap/open\n')
    })

    it.each([
      [
        'kubectl delete cm open --as=jane',
        'Error from server (Forbidden): configmaps "open" is forbidden: User "jane" cannot delete resource "configmaps" in API group "" in the namespace "default"\n',
      ],
      [
        'kubectl get nodes --as=jane',
        'Error from server (Forbidden): nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" at the cluster scope\n',
      ],
      [
        'kubectl get --raw /metrics --as=jane',
        'Error from server (Forbidden): forbidden: User "jane" cannot get path "/metrics"\n',
      ],
    ])('%s is refused', async (command, stderr) => {
      expect(await cluster.run(command)).toEqual({ status: 1, stdout: '', stderr })
    })

    it('lets nobody give away what he has not', async () => {
      await cluster.ok('kubectl create role giver --verb=create --resource=roles.rbac.authorization.k8s.io')
      await cluster.ok('kubectl create rolebinding givers --role=giver --user=jane')
      const { status, stderr } = await cluster.run(
        'kubectl create role all --verb=delete --resource=secrets --as=jane',
      )
      expect(status).toBe(1)
      expect(stderr).toContain(
        'user "jane" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["delete"]}',
      )
    })
  })

  describe('service account tokens', () => {
    /** kubectl as the bearer of a token, with nothing of the administrator's. */
    const as = (token: string) =>
      `kubectl --kubeconfig=/dev/null --server=https://127.0.0.1:${cluster.port} --certificate-authority=ca.crt --token=${token}`

    beforeAll(async () => {
      const ca = await cluster.ok(
        "kubectl config view --raw -o jsonpath='{.clusters[0].cluster.certificate-authority-data}'",
      )
      await writeFile(path.join(cluster.home, 'ca.crt'), Buffer.from(ca, 'base64'))
    })

    it('let their bearer in, as who he is', async () => {
      const token = (await cluster.ok('kubectl create token robot --duration=15m')).trim()
      expect(await cluster.ok(`${as(token)} get cm open -o name`)).toBe('configmap/open\n')
      expect(await cluster.ok(`${as(token)} auth whoami -o jsonpath='{.status.userInfo.username}'`)).toBe(
        'system:serviceaccount:default:robot',
      )
      expect((await cluster.run(`${as(token)} get secrets`)).stderr).toMatch(
        /^Error from server \(Forbidden\): secrets is forbidden/,
      )
    })

    it('are for their audience only', async () => {
      const token = (await cluster.ok('kubectl create token robot --audience=elsewhere')).trim()
      expect(await cluster.run(`${as(token)} get cm open`)).toEqual({
        status: 1,
        stdout: '',
        stderr: 'error: You must be logged in to the server (Unauthorized)\n',
      })
    })

    it('are worth nothing once their account is gone', async () => {
      await cluster.ok('kubectl create serviceaccount leaver')
      const token = (await cluster.ok('kubectl create token leaver')).trim()
      await cluster.ok('kubectl delete serviceaccount leaver')
      expect(await cluster.run(`${as(token)} auth whoami`)).toMatchObject({ status: 1 })
    })

    it.each([
      ['kubectl create token nobody', 'error: failed to create token: serviceaccounts "nobody" not found\n'],
      [
        'kubectl create token robot --duration=1m',
        'error: failed to create token: TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes\n',
      ],
    ])('%s is an error', async (command, stderr) => {
      expect(await cluster.run(command)).toEqual({ status: 1, stdout: '', stderr })
    })
  })

  describe('certificate signing requests', () => {
    const request = async (name: string) => {
      const { requestPem } = await createCertificateRequest({ commonName: 'jane', organizations: ['ops'] })
      await cluster.ok('kubectl create -f -', {
        input: JSON.stringify({
          apiVersion: 'certificates.k8s.io/v1',
          kind: 'CertificateSigningRequest',
          metadata: { name },
          spec: {
            request: Buffer.from(requestPem).toString('base64'),
            signerName: 'example.com/nobody',
            usages: ['client auth'],
          },
        }),
      })
    }

    it('are approved and denied', async () => {
      await request('good')
      await request('bad')
      expect(await cluster.ok('kubectl get csr good --no-headers')).toMatch(
        /^good +\d+s +example\.com\/nobody +system:admin +<none> +Pending\n$/,
      )
      expect(await cluster.ok('kubectl certificate approve good')).toBe(
        'certificatesigningrequest.certificates.k8s.io/good approved\n',
      )
      expect(await cluster.ok('kubectl certificate deny bad')).toBe(
        'certificatesigningrequest.certificates.k8s.io/bad denied\n',
      )
      const conditions = "-o jsonpath='{range .items[*]}{.metadata.name}={.status.conditions[*].type} {end}'"
      expect(await cluster.ok(`kubectl get csr ${conditions}`)).toBe('bad=Denied good=Approved ')
    })

    it('carry who made them, whatever they say', async () => {
      await request('whose')
      expect(await cluster.ok("kubectl get csr whose -o jsonpath='{.spec.username}: {.spec.groups}'")).toBe(
        'system:admin: ["system:masters","system:authenticated"]',
      )
    })

    it('are approved only by those who may', async () => {
      await request('wanted')
      await cluster.ok(
        'kubectl create clusterrole approver --verb=get,list,update,patch --resource=certificatesigningrequests,certificatesigningrequests/approval',
      )
      await cluster.ok('kubectl create clusterrolebinding approvers --clusterrole=approver --user=jane')
      const { status, stderr } = await cluster.run('kubectl certificate approve wanted --as=jane')
      expect(status).toBe(1)
      expect(stderr).toContain('user not permitted to approve requests with signerName "example.com/nobody"')
    })
  })
})
