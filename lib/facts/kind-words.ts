/** The words that tell what a document is, in the languages that documents come in most. Data, without accents and in lower case, as texts are compared (see kinds.ts). */
import type { DocumentKind } from "../schema/result.ts";

/** `titles` say by themselves what a document is when they head it (those of less than six letters only when they have their line to themselves); `signs` are words that such documents have and others rarely do. */
export interface KindWords {
  titles: readonly string[];
  signs: readonly string[];
}

/** A kind by the words for it. Where several fit equally well the first wins, so the narrower stand before the wider. */
export const KIND_WORDS: Readonly<Record<Exclude<DocumentKind, "unknown">, KindWords>> = {
  "credit note": {
    titles: words(
      "credit note|credit memo|credit memorandum|gutschrift|rechnungskorrektur|stornorechnung|avoir|facture d avoir|note de credit|nota de credito|factura rectificativa|nota di credito|creditnota|creditfactuur|kreditnota|kreditfaktura|faktura korygujaca|nota de credito",
    ),
    signs: words(
      "credit note number|credit note no|credited to|original invoice|amount credited|total credit|ursprungliche rechnung|gutschriftsnummer|facture d origine|montant credite|factura original|fattura originale",
    ),
  },
  receipt: {
    titles: words(
      "receipt|sales receipt|cash receipt|payment receipt|official receipt|quittung|kassenbon|kassenbeleg|kaufbeleg|recu|ticket de caisse|recibo|ticket de compra|ricevuta|scontrino|scontrino fiscale|bon|kassabon|kvittering|kvitto|paragon|領収書|レシート|收据",
    ),
    signs: words(
      "change due|cash tendered|cashier|amount tendered|thank you for your purchase|thank you for shopping|card payment|visa debit|approval code|auth code|terminal id|receipt no|receipt number|paid in full|rounding|kassierer|bar gegeben|ruckgeld|vielen dank fur ihren einkauf|rendu|especes|carte bancaire|efectivo|cambio|contante|resto|contant|wisselgeld|pin betaling",
    ),
  },
  invoice: {
    titles: words(
      "invoice|tax invoice|commercial invoice|proforma invoice|pro forma invoice|sales invoice|rechnung|abrechnung|facture|factura|fattura|factuur|fatura|faktura|faktura vat|lasku|szamla|請求書|发票|發票|세금계산서|счет|счет фактура",
    ),
    signs: words(
      "invoice number|invoice no|invoice date|bill to|payment terms|due date|amount due|total due|balance due|subtotal|please pay|please remit|remit to|unit price|purchase order|vat|net amount|tax id|rechnungsnummer|rechnungsdatum|zahlungsbedingungen|zahlbar bis|zahlungsziel|gesamtbetrag|mwst|ust|umsatzsteuer|nettobetrag|einzelpreis|numero de facture|date de facture|montant ttc|total ttc|total ht|tva|echeance|numero de factura|fecha de factura|base imponible|iva|vencimiento|numero fattura|data fattura|imponibile|scadenza|factuurnummer|factuurdatum|btw|vervaldatum|te betalen|numero da fatura|fakturanummer|fakturadato|moms",
    ),
  },
  "delivery note": {
    titles: words(
      "delivery note|delivery docket|packing slip|packing list|dispatch note|goods received note|bill of lading|waybill|lieferschein|packzettel|bon de livraison|bordereau de livraison|albaran|nota de entrega|documento di trasporto|bolla di consegna|pakbon|vrachtbrief|leveringsbon|guia de remessa|folgeseddel|foljesedel|納品書",
    ),
    signs: words(
      "delivery date|shipped to|ship to|deliver to|carrier|tracking number|gross weight|net weight|received by|goods received|packages|pallets|quantity delivered|quantity shipped|lieferdatum|lieferadresse|versandart|bruttogewicht|ware erhalten|date de livraison|transporteur|poids brut|colis|fecha de entrega|transportista|peso bruto|vettore|colli|leverdatum|afleveradres",
    ),
  },
  order: {
    titles: words(
      "order|insertion order|purchase order|sales order|order confirmation|work order|order form|order acknowledgement|order acknowledgment|bestellung|auftragsbestatigung|auftrag|bon de commande|commande|confirmation de commande|pedido|orden de compra|confirmacion de pedido|ordine|ordine di acquisto|conferma d ordine|inkooporder|bestelling|orderbevestiging|encomenda|ordre|zamowienie|注文書|采购订单",
    ),
    signs: words(
      "order number|order date|po number|ship to|deliver by|delivery date|requested by|buyer|supplier|vendor|bestellnummer|bestelldatum|auftragsnummer|lieferant|liefertermin|numero de commande|date de commande|fournisseur|numero de pedido|fecha del pedido|proveedor|numero ordine|data ordine|fornitore|ordernummer|besteldatum|leverancier",
    ),
  },
  "bank statement": {
    titles: words(
      "bank statement|account statement|statement of account|current account statement|checking account statement|savings account statement|credit card statement|business account statement|kontoauszug|releve de compte|releve bancaire|extracto bancario|extracto de cuenta|estado de cuenta|estratto conto|rekeningafschrift|bankafschrift|extrato bancario|extrato de conta|kontoutskrift|kontoutdrag|wyciag bankowy",
    ),
    signs: words(
      "opening balance|closing balance|previous balance|new balance|balance brought forward|balance carried forward|paid in|paid out|money in|money out|withdrawals|deposits|statement period|statement date|account holder|account number|sort code|overdraft|iban|direct debit|standing order|anfangssaldo|endsaldo|alter saldo|neuer saldo|kontostand|kontoinhaber|kontonummer|buchungstag|lastschrift|ancien solde|nouveau solde|titulaire|virement|debit|saldo inicial|saldo final|saldo anterior|titular|saldo iniziale|saldo finale|intestatario|beginsaldo|eindsaldo|rekeninghouder",
    ),
  },
  resume: {
    titles: words("resume|curriculum vitae|cv|lebenslauf|curriculum|hoja de vida|levensloop|zyciorys|履歴書|简历"),
    signs: words(
      "work experience|professional experience|employment history|education|skills|languages|references available|career objective|professional summary|certifications|linkedin|berufserfahrung|ausbildung|kenntnisse|sprachkenntnisse|experience professionnelle|formation|competences|langues|experiencia profesional|experiencia laboral|formacion|habilidades|idiomas|esperienza professionale|istruzione|competenze|werkervaring|opleiding|vaardigheden",
    ),
  },
  contract: {
    titles: words(
      "agreement|contract|lease|lease agreement|employment agreement|non disclosure agreement|amendment|addendum|terms and conditions|terms of service|memorandum of understanding|power of attorney|vertrag|vereinbarung|mietvertrag|arbeitsvertrag|kaufvertrag|contrat|convention|bail|contrato|acuerdo|convenio|contratto|accordo|overeenkomst|contract|huurovereenkomst|arbeidsovereenkomst|acordo|avtale|avtal|umowa|契約書|合同",
    ),
    signs: words(
      "whereas|hereinafter|hereby|herein|thereof|governing law|governed by|in witness whereof|the parties|each party|either party|effective date|termination|shall|indemnify|indemnification|confidential information|entire agreement|force majeure|liability|nachfolgend|vertragsparteien|kundigung|haftung|gerichtsstand|vertragslaufzeit|ci apres|les parties|resiliation|droit applicable|en lo sucesivo|las partes|rescision|ley aplicable|clausula|di seguito|le parti|recesso|foro competente|hierna|partijen|opzegging|toepasselijk recht",
    ),
  },
  form: {
    titles: words(
      "form|application|application form|claim form|registration form|request form|questionnaire|enrollment form|enrolment form|order form|consent form|antrag|antragsformular|formular|anmeldung|fragebogen|formulaire|demande|formulario|solicitud|modulo|domanda|formulier|aanvraag|aanvraagformulier|requerimento|formulario de inscricao|wniosek|skjema|blankett|申請書",
    ),
    signs: words(
      "please print|block capitals|block letters|for office use only|official use only|tick the box|check one|check the box|signature of applicant|applicant|date of birth|marital status|last name|first name|zip code|social security number|bitte ankreuzen|zutreffendes ankreuzen|geburtsdatum|familienname|vorname|antragsteller|unterschrift|cochez|date de naissance|prenom|demandeur|marque con|fecha de nacimiento|apellidos|firma del solicitante|barrare|data di nascita|cognome|richiedente|geboortedatum|achternaam|aanvrager",
    ),
  },
  report: {
    titles: words(
      "report|annual report|quarterly report|audit report|test report|inspection report|progress report|white paper|case study|bericht|geschaftsbericht|jahresbericht|prufbericht|gutachten|rapport|rapport annuel|informe|informe anual|relazione|rapporto|bilancio|verslag|jaarverslag|relatorio|arsrapport|arsredovisning|sprawozdanie|報告書|报告",
    ),
    signs: words(
      "table of contents|executive summary|abstract|introduction|methodology|methods|results|discussion|conclusion|conclusions|findings|recommendations|appendix|references|bibliography|figure|inhaltsverzeichnis|zusammenfassung|einleitung|ergebnisse|fazit|literatur|sommaire|resume executif|resultats|conclusions|indice|resumen|introduccion|resultados|conclusiones|sommario|introduzione|risultati|conclusioni|inhoudsopgave|samenvatting|inleiding|conclusie",
    ),
  },
  letter: {
    titles: words(
      "letter|memorandum|memo|brief|lettre|carta|lettera|dear sir|dear sirs|dear madam|dear mr|dear mrs|dear ms|dear customer|to whom it may concern|sehr geehrte|sehr geehrter|madame monsieur|cher client|chere cliente|estimado|estimada|muy senor mio|gentile|egregio|spettabile|geachte|prezado|prezada",
    ),
    signs: words(
      "yours sincerely|yours faithfully|sincerely|kind regards|best regards|enclosures|mit freundlichen grussen|freundliche grusse|anlage|cordialement|salutations distinguees|veuillez agreer|atentamente|un cordial saludo|distinti saluti|cordiali saluti|met vriendelijke groet|hoogachtend|atenciosamente|med venlig hilsen|med vanliga halsningar|szanowni",
    ),
  },
};

function words(text: string): readonly string[] {
  return text.split("|");
}
