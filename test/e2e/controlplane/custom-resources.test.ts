import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ControlPlaneProcess } from '../../support/control-plane-process.ts'
import { hasKubeClients } from '../../support/kube-clients.ts'
import { endProcesses } from '../../support/processes.ts'

const DEFINITION = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: ships.sea.example.com }
spec:
  group: sea.example.com
  scope: Namespaced
  names: { plural: ships, singular: ship, kind: Ship, shortNames: [sh], categories: [fleet] }
  versions:
    - name: v1
      served: true
      storage: true
      subresources:
        status: {}
        scale: { specReplicasPath: .spec.masts, statusReplicasPath: .status.masts }
      additionalPrinterColumns:
        - { name: Masts, type: integer, jsonPath: .spec.masts }
        - { name: Port, type: string, jsonPath: .status.port }
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              required: [masts]
              properties:
                masts: { type: integer, minimum: 1, description: How many masts it has. }
                flag: { type: string, default: none }
              x-kubernetes-validations:
                - { rule: self.masts < 3 || self.flag != 'none', message: a ship of that size needs a flag }
            status:
              type: object
              properties: { port: { type: string }, masts: { type: integer } }
`

describe.runIf(hasKubeClients())('custom resources, by kubectl', () => {
  let cluster: ControlPlaneProcess

  beforeAll(async () => {
    cluster = await ControlPlaneProcess.start()
    await cluster.ok('kubectl apply -f -', { input: DEFINITION })
    await cluster.ok('kubectl wait crd/ships.sea.example.com --for=condition=Established --timeout=30s')
    await cluster.ok('kubectl apply -f -', { input: ship('beagle', { masts: 2 }) })
  })

  afterAll(async () => {
    await endProcesses()
    await cluster.dispose()
  })

  it('are found by every name of theirs', async () => {
    for (const name of ['ships', 'ship', 'sh', 'ships.sea.example.com', 'fleet']) {
      expect(await cluster.ok(`kubectl get ${name} -o name`)).toBe('ship.sea.example.com/beagle\n')
    }
  })

  it('have defaults, columns and an explanation', async () => {
    expect(await cluster.ok("kubectl get ship beagle -o jsonpath='{.spec.flag}'")).toBe('none')
    expect(await cluster.ok('kubectl get ships')).toMatch(/^NAME +MASTS +PORT\nbeagle +2 *\n$/)
    expect(await cluster.ok('kubectl explain ship.spec.masts')).toMatch(
      /FIELD: masts <integer>.*\n\n\nDESCRIPTION:\n {4}How many masts it has\.\n/,
    )
  })

  it.each([
    [
      'a field that is not there',
      { masts: 2, wheels: 4 },
      /strict decoding error: unknown field "spec\.wheels"/,
    ],
    [
      'a value out of range',
      { masts: 0 },
      /spec\.masts: Invalid value: 0: spec\.masts in body should be greater than or equal to 1/,
    ],
    ['a missing field', {}, /spec\.masts: Required value/],
    ['what a rule forbids', { masts: 3 }, /spec: Invalid value: .*a ship of that size needs a flag/],
  ])('refuse %s', async (_, spec, message) => {
    const { status, stderr } = await cluster.run('kubectl apply -f -', { input: ship('raft', spec) })
    expect(status).toBe(1)
    expect(stderr).toMatch(message)
  })

  it('keep their status apart, and scale', async () => {
    const patch = `--type=merge -p '{"spec":{"masts":9},"status":{"port":"Plymouth"}}'`
    await cluster.ok(`kubectl patch ship beagle --subresource=status ${patch}`)
    expect(await cluster.ok('kubectl get ships --no-headers')).toMatch(/^beagle +2 +Plymouth\n$/)
    await cluster.ok('kubectl scale ship beagle --replicas=1')
    expect(await cluster.ok("kubectl get ship beagle -o jsonpath='{.spec.masts}'")).toBe('1')
  })

  it('are applied by the server, with conflicts', async () => {
    const apply = (spec: object, manager: string) =>
      cluster.run(`kubectl apply --server-side --field-manager=${manager} -f -`, {
        input: ship('victory', spec),
      })
    expect(await apply({ masts: 1 }, 'yard')).toMatchObject({ status: 0 })
    const { status, stderr } = await apply({ masts: 2 }, 'admiral')
    expect(status).toBe(1)
    expect(stderr).toContain('Apply failed with 1 conflict: conflict with "yard": .spec.masts')
  })

  it('go with their definition', async () => {
    await cluster.ok('kubectl delete crd ships.sea.example.com --timeout=30s')
    expect(await cluster.run('kubectl get ships')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the server could not find the requested resource'),
    })
    await cluster.ok('kubectl apply -f -', { input: DEFINITION })
    await cluster.ok('kubectl wait crd/ships.sea.example.com --for=condition=Established --timeout=30s')
    expect(await cluster.ok('kubectl get ships -o name')).toBe('')
  })
})

function ship(name: string, spec: object): string {
  return JSON.stringify({ apiVersion: 'sea.example.com/v1', kind: 'Ship', metadata: { name }, spec })
}
