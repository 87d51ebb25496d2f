import { expect, test } from "vitest";

import { environmentSchema } from "../../environment.ts";
import { hideSecrets, secretSettings, withoutSecrets } from "../../storage/secrets.ts";

test.each([
  ["https://user:pa55@host/x", "https://***@host/x"],
  ["GET /k?X-Amz-Signature=abc123&X-Amz-Credential=AK%2F1&y=1", "GET /k?X-Amz-Signature=***&X-Amz-Credential=***&y=1"],
  ["https://host/x?sv=1&sig=a%2Fb&se=2", "https://host/x?sv=1&sig=***&se=2"],
  ["https://host/x?X-Goog-Credential=me&access_token=abc", "https://host/x?X-Goog-Credential=***&access_token=***"],
  ["https://host/x?design=3&signature_version=4", "https://host/x?design=3&signature_version=4"],
  ['{"authorization":"Bearer abc.def"}', '{"authorization":"***"}'],
])("takes the secret out of %s", (text, clean) => {
  expect(withoutSecrets(text)).toBe(clean);
});

test("takes a secret setting's value out wherever it stands", () => {
  hideSecrets({ AWS_SECRET_ACCESS_KEY: "sup3r-secret-value" });

  expect(withoutSecrets("key=sup3r-secret-value!")).toBe("key=***!");
});

test("knows every setting for secret that is named like one", () => {
  const named = Object.keys(environmentSchema.shape).filter((name) => /SECRET|TOKEN|API_KEY|WEBHOOK/.test(name));

  expect([...secretSettings]).toEqual(named.toSorted());
});
