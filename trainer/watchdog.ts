import { Worker } from "node:worker_threads";

const checkEveryMs = 500;

/**
 * Ends this process by SIGKILL as soon as its supervisor is gone, from a thread of its own: the main thread may be stuck inside TensorFlow
 * for minutes, where no handler runs. An orphan would hold the GPU and compute for nobody.
 *
 * @param supervisorPid the process that started this one; when it dies the system gives this one another parent
 */
export function dieWithSupervisor(supervisorPid: number): void {
  // As text: a thread from a file would need that file under one name in sources and builds. It loads nothing.
  const code = `
    setInterval(() => {
      if (process.ppid !== ${supervisorPid}) process.kill(process.pid, "SIGKILL");
    }, ${checkEveryMs});
  `;
  new Worker(code, { eval: true, env: {}, stdout: true, stderr: true }).unref();
}
