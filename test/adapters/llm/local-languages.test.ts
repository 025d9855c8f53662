/** The same questions over documents in several languages. */
import { describe, expect, it } from "vitest";
import type { OutputType } from "../../../lib/schema/request.ts";
import { ask, best, gridPages } from "./local-pages.ts";

const french = gridPages(`
LA BOULANGERIE DU PORT SARL
14 rue des Lilas
35400 Saint-Malo
Tél : 02 99 00 00 00        SIRET : 732 829 320 00074
TVA intracommunautaire : FR40732829320

                                      Facturé à :
                                      Hôtel des Remparts
                                      3 place Vauban
                                      29200 Brest

Facture N° : F-2024-118               Date : 12/03/2024
N° de commande : BC-778               Échéance : 11/04/2024

                                      Total HT         153,00 €
                                      TVA 5,5 %          8,42 €
                                      Total TTC        161,42 €
                                      Acompte versé     50,00 €
                                      Net à payer      111,42 €
Mode de paiement : Virement
`);

const italian = gridPages(`
Officine Rossi S.r.l.
Via Garibaldi 7
20121 Milano
P.IVA 01234567890

Fattura n. 45/2024 del 15/02/2024

Spett.le
Bianchi Costruzioni S.p.A.
Corso Italia 22
16145 Genova

Imponibile                       34,00
IVA 22%                           7,48
Totale fattura                   41,48
Scadenza pagamento: 15/03/2024
`);

const spanish = gridPages(`
FERRETERÍA LÓPEZ, S.L.
C/ Mayor, 8
28013 Madrid
CIF: B12345678

Factura nº: 2024/0033     Fecha de factura: 5 de marzo de 2024
Fecha de vencimiento: 04/04/2024
Base imponible                   15,00
IVA 21%                           3,15
Total factura                    18,15
`);

const dutch = gridPages(`
Bakkerij De Zon B.V.
Dorpsstraat 5
1234 AB Utrecht
KvK 12345678   BTW NL001234567B01

Factuuradres:
Café Het Hoekje
Markt 1
5611 EB Eindhoven

Factuurnummer: 2024-77
Vervaldatum: 17-05-2024
BTW 9%                            3,78
Totaal                           45,78
`);

const german = gridPages(`
Rechnung Nr. 17 vom 03.04.2023
Leistungsdatum: 31.03.2023
Zahlbar bis 03.05.2023
Nettobetrag             100,00 €
zzgl. USt 19 %           19,00 €
Gesamtbetrag            119,00 €
`);

const english = gridPages(`
ACME SUPPLY CO.
1200 Industrial Way, Suite 4
Portland, OR 97201

BILL TO                  SHIP TO
Jane Cooper              Cooper Farms
PO Box 12                90 Rural Rd
Bend, OR 97702           Burns, OR 97720

                         Shipping          15.00
                         Balance due      155.00
`);

type Value = string | undefined;
type Row = [question: string, type: OutputType, french: Value, italian: Value, spanish: Value, dutch: Value, german: Value];

const rows: Row[] = [
  ["What is the invoice number?", "text", "F-2024-118", "45/2024", "2024/0033", "2024-77", "17"],
  ["What is the invoice date?", "date", "12/03/2024", "15/02/2024", "5 de marzo de 2024", undefined, "03.04.2023"],
  ["When must the invoice be paid?", "date", "11/04/2024", "15/03/2024", "04/04/2024", "17-05-2024", "03.05.2023"],
  ["What is the total amount excluding tax?", "number", "153,00 €", "34,00", "15,00", undefined, "100,00 €"],
  ["What is the VAT amount?", "number", "8,42 €", "7,48", "3,15", "3,78", "19,00 €"],
  ["What is the total amount including tax?", "number", "161,42 €", "41,48", "18,15", "45,78", "119,00 €"],
  ["What is the city of the seller?", "text", "Saint-Malo", "Milano", "Madrid", "Utrecht", undefined],
  ["What is the name of the buyer?", "text", "Hôtel des Remparts", "Bianchi Costruzioni S.p.A.", undefined, "Café Het Hoekje", undefined],
];

describe.each(rows)("%s", (question, type, ...expected) => {
  const documents = Object.entries({ french, italian, spanish, dutch, german });
  const cases = documents.flatMap(([name, document], index) => {
    const value = expected[index];
    return value === undefined ? [] : [{ name, document, value }];
  });
  it.each(cases)("$name", ({ document, value }) => {
    expect(best(document, question, type)).toBe(value);
  });
});

describe("what one country has", () => {
  it("prepayments, what is left to pay, payment method, SIRET, KvK, CIF", () => {
    expect(best(french, "What amount has already been paid?", "number")).toBe("50,00 €");
    expect(best(french, "What is the amount due?", "number")).toBe("111,42 €");
    expect(best(french, "What is the payment method?")).toBe("Virement");
    expect(best(french, "What is the SIRET number?")).toBe("732 829 320 00074");
    expect(best(dutch, "What is the chamber of commerce number of the supplier?")).toBe("12345678");
    expect(best(spanish, "What is the tax number of the seller?")).toBe("B12345678");
    expect(best(german, "What is the delivery date?", "date")).toBe("31.03.2023");
  });

  it("headings side by side, and the shipping address is not the cost of shipping", () => {
    expect(best(english, "What is the name of the buyer?")).toBe("Jane Cooper");
    expect(best(english, "What is the postal code of the buyer?")).toBe("97702");
    expect(best(english, "What is the shipping address?")).toBe("90 Rural Rd Burns, OR 97720");
    expect(best(english, "What is the cost of shipping?", "number")).toBe("15.00");
    expect(best(english, "What is the city of the seller?")).toBe("Portland");
  });
});

describe("questions that none of these documents answers", () => {
  const questions: readonly (readonly [string, OutputType])[] = [
    ["What is the phone number of the hotel?", "text"],
    ["What is the e-mail of the landlord?", "email"],
    ["Wie heißt der Vermieter?", "text"],
    ["What is the interest rate?", "number"],
    ["What is the warranty period?", "text"],
    ["What is the flight number?", "text"],
    ["What is the closing balance?", "number"],
    ["When does the passport expire?", "date"],
    ["Is the contract signed?", "boolean"],
  ];
  it.each(questions)("%s", (question, type) => {
    for (const document of [french, italian, spanish, dutch, german, english]) expect(ask(document, question, type)).toEqual([]);
  });
});
