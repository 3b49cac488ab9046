import { readFile } from 'node:fs/promises'
import os from 'node:os'
import type { Machine } from './node-status.ts'

/** In Go's words. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' }

/** This machine. */
export async function thisMachine(): Promise<Machine> {
  return {
    cpus: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    operatingSystem: process.platform,
    kernelVersion: os.release(),
    osImage: await imageName(),
    machineID: await lineOf('/etc/machine-id'),
    bootID: await lineOf('/proc/sys/kernel/random/boot_id'),
  }
}

async function imageName(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '')
  return /^PRETTY_NAME="?(.*?)"?$/m.exec(release)?.[1] ?? os.type()
}

/** Not every machine has one. */
async function lineOf(file: string): Promise<string> {
  return (await readFile(file, 'utf8').catch(() => '')).trim()
}
