import { describe, expect, it } from "vitest";
import { detectLanguage } from "../../lib/document/language.ts";

describe("detectLanguage", () => {
  it.each([
    ["en", "The total amount of this invoice is due within thirty days of the date of delivery."],
    ["de", "Der Gesamtbetrag der Rechnung ist innerhalb von dreißig Tagen nach der Lieferung zu zahlen und wird nicht gestundet."],
    ["fr", "Le montant total de la facture est payable dans les trente jours qui suivent la livraison des marchandises."],
    ["es", "El importe total de la factura se debe pagar en los treinta días que siguen a la fecha de entrega del pedido."],
    ["it", "L'importo totale della fattura deve essere pagato nel termine di trenta giorni dalla data di consegna della merce."],
    ["nl", "Het totale bedrag van deze factuur moet binnen dertig dagen na de levering van het product worden betaald en niet later."],
    ["pt", "O valor total da fatura deve ser pago no prazo de trinta dias após a entrega da mercadoria e não mais tarde do que isso."],
    ["sv", "Det totala beloppet på fakturan är att betala inom trettio dagar från det att varan har levererats och inte senare."],
    ["pl", "Kwota faktury jest płatna w ciągu trzydziestu dni od dnia dostawy i nie podlega rabatowi, jak również się nie zmienia."],
    ["ru", "Общая сумма счета подлежит оплате в течение тридцати дней."],
    ["uk", "Загальна сума рахунку має бути сплачена протягом тридцяти днів після її отримання."],
    ["fa", "مبلغ کل فاکتور باید ظرف سی روز پس از تحویل پرداخت گردد."],
    ["ar", "يجب دفع المبلغ الإجمالي للفاتورة في غضون ثلاثين يوما."],
    ["ja", "請求書の合計金額は三十日以内にお支払いください。"],
    ["en", "4711 0815"],
    ["en", ""],
  ])("%s: %s", (language, text) => {
    expect(detectLanguage(text)).toBe(language);
  });
});
