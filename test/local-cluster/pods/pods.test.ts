import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ContainerStatus, Pod } from '../../../src/apis/core/v1.ts'
import { eventually } from '../../support/eventually.ts'
import { isAlive } from '../../support/processes.ts'
import { PodsBench, shell } from './pods-bench.ts'

let bench: PodsBench

beforeAll(async () => {
  bench = await PodsBench.start()
})

afterAll(() => bench.close())

const FOREVER = 'trap "exit 0" TERM; while :; do sleep 0.05; done'
/** Runs until TERM, and ends well by it as soon as `written` has something of this name. */
const endingWell = (name: string) => FOREVER.replace('while', `echo trapped >$HERE/${name}; while`)
const inPhase = (phase: string) => (pod: Pod) => pod.status?.phase === phase
const conditions = ({ status }: Pod) =>
  Object.fromEntries(
    (status?.conditions ?? []).map(({ type, status: value, reason }) => [
      type,
      reason ? `${value} ${reason}` : value,
    ]),
  )
const isReady = (pod: Pod) => conditions(pod).Ready === 'True'
const first = (pod: Pod): ContainerStatus | undefined => pod.status?.containerStatuses?.[0]
const waiting = (reason: string) => (pod: Pod) => first(pod)?.state?.waiting?.reason === reason
const pidOf = (pod: Pod) => Number(first(pod)?.containerID?.replace('process://', ''))
const written = (name: string) => readFile(path.join(bench.folder, name), 'utf8').catch(() => '')

describe('a pod', { timeout: 60_000 }, () => {
  it('runs, is ready, and goes with its processes and its folder when it is deleted', async () => {
    await bench.create('simple', { containers: [shell(FOREVER)] })
    const pod = await bench.until('simple', isReady)
    expect(conditions(pod)).toEqual({
      PodReadyToStartContainers: 'True',
      Initialized: 'True',
      Ready: 'True',
      ContainersReady: 'True',
      PodScheduled: 'True',
    })
    expect(pod.status).toMatchObject({
      phase: 'Running',
      podIP: '127.0.0.1',
      podIPs: [{ ip: '127.0.0.1' }],
      hostIP: '127.0.0.1',
      hostIPs: [{ ip: '127.0.0.1' }],
      qosClass: 'BestEffort',
      containerStatuses: [
        {
          name: 'main',
          ready: true,
          started: true,
          restartCount: 0,
          image: 'busybox:1',
          imageID: 'process://host/busybox',
        },
      ],
    })
    const pid = pidOf(pod)
    expect(isAlive(pid)).toBe(true)
    expect(await bench.events(pod)).toEqual([
      'Normal Pulled: Container image "busybox:1" already present on machine',
      'Normal Created: Created container: main',
      'Normal Started: Started container main',
    ])
    await bench.pods.delete({ namespace: 'default', name: 'simple' })
    await bench.untilGone('simple')
    expect(isAlive(pid)).toBe(false)
    expect(await bench.events(pod)).toContain('Normal Killing: Stopping container main')
    await eventually(() => bench.sandboxes).not.toContain('simple')
    const folder = path.join(bench.folder, 'pods', pod.metadata.uid ?? '')
    await eventually(() => stat(folder).catch(({ code }) => code)).toBe('ENOENT')
  })

  it.each([
    ['Never', 'exit 0', 'Succeeded', { exitCode: 0, reason: 'Completed' }],
    ['Never', 'exit 2', 'Failed', { exitCode: 2, reason: 'Error' }],
    ['OnFailure', 'exit 0', 'Succeeded', { exitCode: 0, reason: 'Completed' }],
    ['Never', 'kill -SEGV $$', 'Failed', { exitCode: 139, reason: 'Error' }],
  ] as const)('that restarts %s and does %j has %s', async (restartPolicy, script, phase, terminated) => {
    const name = `ends-${restartPolicy.toLowerCase()}-${terminated.exitCode}`
    await bench.create(name, { restartPolicy, containers: [shell(script)] })
    const pod = await bench.until(name, inPhase(phase))
    expect(first(pod)).toMatchObject({ ready: false, restartCount: 0, state: { terminated } })
    expect(conditions(pod)).toMatchObject({
      Ready: phase === 'Succeeded' ? 'False PodCompleted' : 'False PodFailed',
    })
    expect(bench.sandboxes).not.toContain(name)
    await bench.pods.delete({ namespace: 'default', name })
    await bench.untilGone(name)
  })

  it('is restarted at once the first time, and then backs off in kubelet’s words', async () => {
    await bench.create('crashing', { containers: [shell('echo oops; exit 1')] })
    const pod = await bench.until('crashing', waiting('CrashLoopBackOff'))
    const title = `crashing_default(${pod.metadata.uid})`
    expect(first(pod)).toMatchObject({
      restartCount: 1,
      state: { waiting: { message: `back-off 10s restarting failed container=main pod=${title}` } },
      lastState: { terminated: { exitCode: 1, reason: 'Error' } },
    })
    expect(pod.status?.phase).toBe('Running')
    expect(conditions(pod)).toMatchObject({ Ready: 'False ContainersNotReady' })
    expect(await bench.events(pod)).toContain(
      `Warning BackOff: Back-off restarting failed container main in pod ${title}`,
    )
    await bench.pods.delete({ namespace: 'default', name: 'crashing' })
    await bench.untilGone('crashing')
  })

  it('says why an image cannot be run, and runs when it is exchanged', async () => {
    await bench.create('unknown-image', { containers: [shell(FOREVER, { image: 'redis:7' })] })
    const failed = await bench.until('unknown-image', waiting('ErrImagePull'))
    expect(first(failed)?.state?.waiting?.message).toMatch(/"redis:7" cannot be run: .* --host-image=redis$/)
    const pod = await bench.until('unknown-image', waiting('ImagePullBackOff'))
    expect(pod.status?.phase).toBe('Pending')
    expect(await bench.events(pod)).toEqual(
      expect.arrayContaining([
        'Warning Failed: Error: ErrImagePull',
        'Normal BackOff: Back-off pulling image "redis:7"',
      ]),
    )
    const body = { spec: { containers: [{ name: 'main', image: 'busybox:2' }] } }
    await bench.pods.patch({ namespace: 'default', name: 'unknown-image' }, { type: 'strategic', body })
    expect(first(await bench.until('unknown-image', isReady))).toMatchObject({
      image: 'busybox:2',
      restartCount: 0,
    })
  })

  it('restarts a container whose image has changed', async () => {
    await bench.create('changing', { containers: [shell(endingWell('changing'))] })
    const before = await bench.until('changing', isReady)
    await eventually(() => written('changing')).toBe('trapped\n')
    const body = { spec: { containers: [{ name: 'main', image: 'busybox:2' }] } }
    await bench.pods.patch({ namespace: 'default', name: 'changing' }, { type: 'strategic', body })
    const after = await bench.until('changing', (pod) => isReady(pod) && first(pod)?.restartCount === 1)
    expect(first(after)).toMatchObject({
      image: 'busybox:2',
      lastState: { terminated: { exitCode: 0 } },
    })
    expect(pidOf(after)).not.toBe(pidOf(before))
    expect(await bench.events(after)).toContain(
      'Normal Killing: Container main definition changed, will be restarted',
    )
  })

  it('runs init containers one after the other, sidecars beside the others, and ends these last', async () => {
    const log = (word: string) => `echo ${word} >>$HERE/order`
    await bench.create('initialising', {
      restartPolicy: 'Never',
      initContainers: [
        shell(log('one'), { name: 'one' }),
        shell(
          `${log('sidecar')}; trap '${log('sidecar-ended')}; exit 0' TERM; while :; do sleep 0.05; done`,
          {
            name: 'sidecar',
            restartPolicy: 'Always',
            startupProbe: {
              exec: { command: ['/bin/sh', '-c', 'grep sidecar $HERE/order'] },
              periodSeconds: 1,
            },
          },
        ),
        shell(log('two'), { name: 'two' }),
      ],
      containers: [shell(`${log('main')}; sleep 0.2; ${log('main-ended')}`)],
    })
    const pod = await bench.until('initialising', inPhase('Succeeded'))
    expect((await written('order')).trim().split('\n')).toEqual([
      'one',
      'sidecar',
      'two',
      'main',
      'main-ended',
      'sidecar-ended',
    ])
    expect(pod.status?.initContainerStatuses).toMatchObject([
      { name: 'one', ready: true, state: { terminated: { exitCode: 0 } } },
      { name: 'sidecar', state: { terminated: { exitCode: 0 } } },
      { name: 'two', ready: true, state: { terminated: { exitCode: 0 } } },
    ])
  })

  it('fails with an init container that fails', async () => {
    await bench.create('init-fails', {
      restartPolicy: 'Never',
      initContainers: [shell('exit 9', { name: 'broken' })],
      containers: [shell(FOREVER)],
    })
    const pod = await bench.until('init-fails', inPhase('Failed'))
    expect(first(pod)?.state).toEqual({ waiting: { reason: 'PodInitializing' } })
    expect(conditions(pod)).toMatchObject({ Initialized: 'False ContainersNotInitialized' })
  })

  it('waits for its volumes, and says what for', async () => {
    const message = 'MountVolume.SetUp failed for volume "v" : secret "s" not found'
    bench.mountErrors.set('mounting', message)
    const created = await bench.create('mounting', { containers: [shell(FOREVER)] })
    await eventually(() => bench.events(created)).toContain(`Warning FailedMount: ${message}`)
    const pod = await bench.until('mounting', waiting('ContainerCreating'))
    expect(conditions(pod)).toMatchObject({ PodReadyToStartContainers: 'False' })
    bench.mountErrors.delete('mounting')
    await bench.until('mounting', isReady)
  })

  it('waits for what its containers refer to', async () => {
    bench.configErrors.set('configuring', 'secret "s" not found')
    await bench.create('configuring', { containers: [shell(FOREVER)] })
    const pod = await bench.until('configuring', waiting('CreateContainerConfigError'))
    expect(first(pod)?.state?.waiting?.message).toBe('secret "s" not found')
    await bench.pods.delete({ namespace: 'default', name: 'configuring' })
    await bench.untilGone('configuring')
  })

  it('has a container that cannot be started', async () => {
    await bench.create('no-program', {
      restartPolicy: 'Never',
      containers: [shell('', { command: ['/no/such'] })],
    })
    const pod = await bench.until('no-program', inPhase('Failed'))
    expect(first(pod)?.state?.terminated).toMatchObject({
      exitCode: 128,
      reason: 'StartError',
      message: 'exec: "/no/such": stat /no/such: no such file or directory',
    })
  })

  it('runs hooks when a container begins and before it ends', async () => {
    const exec = (word: string) => ({ exec: { command: ['/bin/sh', '-c', `echo ${word} >>$HERE/hooks`] } })
    const ends =
      "trap 'echo term >>$HERE/hooks; exit 0' TERM; echo trapped >$HERE/hooked; while :; do sleep 0.05; done"
    const lifecycle = { postStart: exec('postStart'), preStop: exec('preStop') }
    await bench.create('hooks', { containers: [shell(ends, { lifecycle })] })
    await bench.until('hooks', isReady)
    await eventually(() => written('hooked')).toBe('trapped\n')
    expect(await written('hooks')).toBe('postStart\n')
    await bench.pods.delete({ namespace: 'default', name: 'hooks' })
    await bench.untilGone('hooks')
    expect(await written('hooks')).toBe('postStart\npreStop\nterm\n')
  })

  it('kills a container whose first hook fails, and says so', async () => {
    const lifecycle = { postStart: { exec: { command: ['/bin/sh', '-c', 'echo bad; exit 3'] } } }
    await bench.create('bad-hook', { restartPolicy: 'Never', containers: [shell(FOREVER, { lifecycle })] })
    const pod = await bench.until('bad-hook', ({ status }) =>
      ['Succeeded', 'Failed'].includes(status?.phase ?? ''),
    )
    expect((await bench.events(pod)).join('\n')).toMatch(
      /Warning FailedPostStartHook: PostStartHook failed: command '\/bin\/sh -c .*' exited with 3: bad/,
    )
  })

  it('is killed when it does not heed its signal in time', async () => {
    const stubborn = 'trap "" TERM; while :; do sleep 0.05; done'
    await bench.create('stubborn', { terminationGracePeriodSeconds: 1, containers: [shell(stubborn)] })
    const pid = pidOf(await bench.until('stubborn', isReady))
    await bench.pods.delete({ namespace: 'default', name: 'stubborn' })
    await bench.untilGone('stubborn')
    expect(isAlive(pid)).toBe(false)
  })

  it('is ended at once when it is deleted by force', async () => {
    await bench.create('forced', {
      terminationGracePeriodSeconds: 1000,
      containers: [shell('trap "" TERM; while :; do sleep 0.05; done')],
    })
    const pid = pidOf(await bench.until('forced', isReady))
    await bench.pods.delete({ namespace: 'default', name: 'forced' }, { gracePeriodSeconds: 0 })
    await eventually(() => isAlive(pid)).toBe(false)
    await eventually(() => bench.sandboxes).not.toContain('forced')
  })

  it('is found by its name while one of before is still ending', async () => {
    const stubborn = { containers: [shell('trap : TERM; while :; do sleep 0.05; done')] }
    await bench.create('again', stubborn)
    await bench.until('again', isReady)
    await bench.pods.delete({ namespace: 'default', name: 'again' }, { gracePeriodSeconds: 0 })
    const { metadata } = await bench.create('again', stubborn)
    await bench.until('again', isReady)
    expect(bench.runner.find({ namespace: 'default', name: 'again' })?.pod.metadata.uid).toBe(metadata.uid)
    await bench.pods.delete({ namespace: 'default', name: 'again' }, { gracePeriodSeconds: 0 })
  })

  it('is ready as its probe says, and restarted when it is not alive', async () => {
    const ready = { exec: { command: ['/bin/sh', '-c', 'test -e $HERE/ready'] }, periodSeconds: 1 }
    const alive = {
      exec: { command: ['/bin/sh', '-c', 'test ! -e $HERE/dead'] },
      periodSeconds: 1,
      failureThreshold: 1,
    }
    const container = shell(
      'rm -f $HERE/dead; touch $HERE/up; trap "exit 0" TERM; while :; do sleep 0.05; done',
      {
        readinessProbe: ready,
        livenessProbe: alive,
      },
    )
    await bench.create('probed', { containers: [container] })
    const unready = await bench.until('probed', (pod) => first(pod)?.started === true)
    expect(conditions(unready)).toMatchObject({
      Ready: 'False ContainersNotReady',
      ContainersReady: 'False ContainersNotReady',
    })
    await bench.create('helper', { restartPolicy: 'Never', containers: [shell('touch $HERE/ready')] })
    await bench.until('probed', isReady)
    await bench.create('killer', { restartPolicy: 'Never', containers: [shell('touch $HERE/dead')] })
    const again = await bench.until('probed', (pod) => first(pod)?.restartCount === 1)
    expect(await bench.events(again)).toContain(
      'Normal Killing: Container main failed liveness probe, will be restarted',
    )
  })

  it('fails when it takes too long', async () => {
    await bench.create('late', { activeDeadlineSeconds: 1, containers: [shell(FOREVER)] })
    const pod = await bench.until('late', inPhase('Failed'))
    expect(pod.status).toMatchObject({
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    })
    expect(first(pod)?.state?.terminated).toBeDefined()
  })

  it('fails when it has taken too long by a deadline that was set later', async () => {
    await bench.create('later', { containers: [shell(FOREVER)] })
    await bench.until('later', inPhase('Running'))
    const body = { spec: { activeDeadlineSeconds: 1 } }
    await bench.pods.patch({ namespace: 'default', name: 'later' }, { type: 'merge', body })
    expect((await bench.until('later', inPhase('Failed'))).status?.reason).toBe('DeadlineExceeded')
  })

  it('says what its container has to say of its end', async () => {
    await bench.create('last-words', {
      restartPolicy: 'Never',
      containers: [
        shell('echo from the file >words; exit 1', { terminationMessagePath: '/words' }),
        shell('echo from the log; exit 1', {
          name: 'log',
          terminationMessagePolicy: 'FallbackToLogsOnError',
        }),
      ],
    })
    const pod = await bench.until('last-words', inPhase('Failed'))
    const messages = pod.status?.containerStatuses?.map(({ state }) => state?.terminated?.message)
    expect(messages).toEqual(['from the file\n', 'from the log\n'])
  })

  it('says that its memory limit is not enforced where it cannot be', async () => {
    const resources = { limits: { memory: '64Mi' } }
    await bench.create('limited', { containers: [shell(FOREVER, { resources })] })
    const pod = await bench.until('limited', isReady)
    expect(await bench.events(pod)).toContain(
      'Warning MemoryLimitNotEnforced: The memory limit of container main is not enforced: this is a test',
    )
  })

  it('keeps the conditions of others, and its readiness may depend on them', async () => {
    await bench.create('gated', {
      readinessGates: [{ conditionType: 'example.com/gate' }],
      containers: [shell(FOREVER)],
    })
    const gated = await bench.until(
      'gated',
      (pod) => conditions(pod).Ready === 'False ReadinessGatesNotReady',
    )
    expect(conditions(gated).ContainersReady).toBe('True')
    const body = { status: { conditions: [{ type: 'example.com/gate', status: 'True' }] } }
    await bench.pods.patchStatus({ namespace: 'default', name: 'gated' }, { type: 'strategic', body })
    expect(conditions(await bench.until('gated', isReady))['example.com/gate']).toBe('True')
  })

  it('starts anew with the runtime, unless it has ended', async () => {
    await bench.create('going-on', { containers: [shell(FOREVER)] })
    await bench.create('once', { restartPolicy: 'Never', containers: [shell(FOREVER)] })
    await bench.create('done', { restartPolicy: 'Never', containers: [shell('exit 0')] })
    const pids = [pidOf(await bench.until('going-on', isReady)), pidOf(await bench.until('once', isReady))]
    const done = await bench.until('done', inPhase('Succeeded'))
    await bench.stopRunner()
    expect(pids.map(isAlive)).toEqual([false, false])
    await bench.startRunner()
    const again = await bench.until('going-on', (pod) => isReady(pod) && pidOf(pod) !== pids[0])
    expect(first(again)).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown' } },
    })
    expect((await bench.until('once', inPhase('Failed'))).status?.containerStatuses).toMatchObject([
      { restartCount: 0, state: { terminated: { reason: 'ContainerStatusUnknown' } } },
    ])
    expect((await bench.until('done', () => true)).status).toEqual(done.status)
  })

  it('goes when the runtime comes back, where it was deleted meanwhile', async () => {
    await bench.create('deleted-meanwhile', { containers: [shell(FOREVER)] })
    await bench.create('forced-meanwhile', { containers: [shell(FOREVER)] })
    const deleted = await bench.until('deleted-meanwhile', isReady)
    const forced = await bench.until('forced-meanwhile', isReady)
    await bench.stopRunner()
    await bench.pods.delete({ namespace: 'default', name: 'deleted-meanwhile' })
    await bench.pods.delete({ namespace: 'default', name: 'forced-meanwhile' }, { gracePeriodSeconds: 0 })
    await bench.startRunner()
    await bench.untilGone('deleted-meanwhile')
    for (const { metadata } of [deleted, forced]) {
      const folder = path.join(bench.folder, 'pods', metadata.uid ?? '')
      await eventually(() => stat(folder).catch(({ code }) => code)).toBe('ENOENT')
    }
  })

  it('is let go by its finalizers, and has ended before', async () => {
    await bench.create('held', { containers: [shell(endingWell('held'))] })
    const body = { metadata: { finalizers: ['example.com/hold'] } }
    await bench.pods.patch({ namespace: 'default', name: 'held' }, { type: 'merge', body })
    const pid = pidOf(await bench.until('held', isReady))
    await eventually(() => written('held')).toBe('trapped\n')
    await bench.pods.delete({ namespace: 'default', name: 'held' })
    const ended = await bench.until('held', inPhase('Succeeded'))
    expect(first(ended)?.state?.terminated?.exitCode).toBe(0)
    expect(isAlive(pid)).toBe(false)
    const release = { metadata: { finalizers: null } }
    await bench.pods.patch({ namespace: 'default', name: 'held' }, { type: 'merge', body: release })
    await bench.untilGone('held')
  })

  it('may get a container for debugging, which is run once', async () => {
    await bench.create('debugged', { containers: [shell(FOREVER)] })
    await bench.until('debugged', isReady)
    const added = { ...shell('exit 6', { name: 'debugger' }) }
    const body = { spec: { ephemeralContainers: [added] } }
    await bench.pods.patch(
      { namespace: 'default', name: 'debugged' },
      { type: 'strategic', body },
      { subresource: 'ephemeralcontainers' },
    )
    const pod = await bench.until(
      'debugged',
      ({ status }) => status?.ephemeralContainerStatuses?.[0]?.state?.terminated !== undefined,
    )
    expect(pod.status?.ephemeralContainerStatuses).toMatchObject([
      { name: 'debugger', restartCount: 0, state: { terminated: { exitCode: 6 } } },
    ])
    expect(isReady(pod)).toBe(true)
  })
})
