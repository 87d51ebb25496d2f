import { createServer } from "node:net";

import { expect, test } from "vitest";

import { PortBook } from "../../stack/port-book.ts";
import { isPortFree } from "../../stack/ports.ts";
import { inFolder } from "./in-folder.ts";

test("keeps the ports it once chose, each name its own", () =>
  inFolder(async (folder) => {
    const notices: string[] = [];
    const first = new PortBook(folder, (notice) => notices.push(notice));
    const ports = [await first.claim("temporal"), await first.claim("s3")];

    const later = new PortBook(folder, (notice) => notices.push(notice));

    expect([await later.claim("temporal"), await later.claim("s3")]).toEqual(ports);
    expect(ports[0]).not.toBe(ports[1]);
    expect(notices).toEqual([]);
  }));

test("takes another port and says so when somebody else listens on the kept one", () =>
  inFolder(async (folder) => {
    const notices: string[] = [];
    const port = await new PortBook(folder, () => undefined).claim("s3");
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));

    try {
      const other = await new PortBook(folder, (notice) => notices.push(notice)).claim("s3");

      expect(await isPortFree(port)).toBe(false);
      expect(notices).toEqual([`port ${port} (s3) is taken by another program; using ${other} from now on`]);
      expect(await new PortBook(folder, () => undefined).claim("s3")).toBe(other);
    } finally {
      server.close();
    }
  }));
