"""The resources this simulator plays: names, types, and what may be sent.

`name:type` is read only, `name:type+` may be sent. Names and types are Exact's own (reference of December 2019); fields
that only other countries or other products use are left out, so that sending one is refused here and shows itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass

FAMILIES = {
    "guid": "guid",
    "string": "text",
    "boolean": "truth",
    "datetime": "moment",
    "double": "number",
    "int16": "number",
    "int32": "number",
    "int64": "number",
    "byte": "number",
}
"""Which types compare with each other in a filter."""


@dataclass(frozen=True)
class Resource:
    """One resource: address behind the division, entity name, the store's kind, and its properties' types."""

    path: str
    entity: str
    kind: str
    key: str
    types: Mapping[str, str]
    writable: frozenset[str]
    methods: tuple[str, ...]
    lines: str | None
    bare_list: bool
    """Answers with a bare list under `d` instead of `d.results`."""
    code: str | None
    reference: str | None

    @property
    def type_name(self) -> str:
        """The entity's name in metadata and in error texts."""
        return f"Exact.Web.Api.Models.{self.entity}"

    @property
    def families(self) -> dict[str, str]:
        """Each property's family in a filter."""
        return {name: FAMILIES[kind] for name, kind in self.types.items()}


def _resource(
    path: str,
    entity: str,
    kind: str,
    *,
    key: str,
    names: str,
    methods: tuple[str, ...] = ("GET",),
    lines: str | None = None,
    bare_list: bool = False,
    code: str | None = None,
    reference: str | None = None,
) -> Resource:
    pairs = [name.split(":") for name in names.split()]
    types = {name: kind.rstrip("+") for name, kind in pairs}
    writable = frozenset(name for name, kind in pairs if kind.endswith("+"))
    return Resource(path, entity, kind, key, types, writable, methods, lines, bare_list, code, reference)


_ALL = (
    _resource(
        "current/Me",
        "Me",
        "me",
        key="UserID",
        names="""
        UserID:guid CurrentDivision:int32 DivisionCustomer:guid DivisionCustomerCode:string DivisionCustomerName:string
        DivisionCustomerVatNumber:string Email:string EmployeeID:guid FirstName:string FullName:string Gender:string
        Initials:string Language:string LanguageCode:string LastName:string Legislation:int64 MiddleName:string
        Mobile:string Phone:string ServerTime:string Title:string UserName:string
        """,
    ),
    _resource(
        "system/Divisions",
        "Division",
        "division",
        key="Code",
        names="""
        Code:int32 AddressLine1:string AddressLine2:string AddressLine3:string BlockingStatus:int32
        ChamberOfCommerceNumber:string City:string Country:string Created:datetime Creator:guid CreatorFullName:string
        Currency:string Current:boolean Customer:guid CustomerCode:string CustomerName:string Description:string
        Email:string Fax:string Hid:int64 IsMainDivision:boolean Legislation:string Modified:datetime Modifier:guid
        ModifierFullName:string Phone:string Postcode:string StartDate:datetime State:string Status:int32
        VATNumber:string Website:string
        """,
    ),
    _resource(
        "crm/Accounts",
        "Account",
        "account",
        key="ID",
        methods=("GET", "POST", "PUT"),
        code="Code",
        names="""
        ID:guid AddressLine1:string+ AddressLine2:string+ AddressLine3:string+ Blocked:boolean+
        ChamberOfCommerce:string+ City:string+ Code:string+ CodeAtSupplier:string+ Costcenter:string
        CostcenterDescription:string Country:string+ CountryName:string Created:datetime Creator:guid
        CreatorFullName:string CreditLinePurchase:double+ CreditLineSales:double+ Currency:string Division:int32
        Document:guid Email:string+ EndDate:datetime+ Fax:string+ GLAccountPurchase:guid+
        GLAccountSales:guid+ GLAP:guid+ GLAR:guid+ IsBank:boolean IsPurchase:boolean IsSales:boolean IsSupplier:boolean+
        Language:string+ LanguageDescription:string Modified:datetime Modifier:guid ModifierFullName:string Name:string+
        PaymentConditionPurchase:string+ PaymentConditionPurchaseDescription:string PaymentConditionSales:string+
        PaymentConditionSalesDescription:string Phone:string+ Postcode:string+ PurchaseCurrency:string+
        PurchaseCurrencyDescription:string PurchaseVATCode:string+ PurchaseVATCodeDescription:string Remarks:string+
        SalesCurrency:string+ SalesCurrencyDescription:string SalesVATCode:string+ SalesVATCodeDescription:string
        SearchCode:string+ StartDate:datetime+ State:string+ StateName:string Status:string+ TradeName:string+
        Type:string VATNumber:string+ Website:string+
        """,
    ),
    _resource(
        "crm/BankAccounts",
        "BankAccount",
        "bank_account",
        key="ID",
        methods=("GET", "POST"),
        reference="Account",
        names="""
        ID:guid Account:guid+ AccountName:string Bank:guid BankAccount:string+ BankAccountHolderName:string+
        BankDescription:string BankName:string BICCode:string+ Created:datetime Creator:guid CreatorFullName:string
        Description:string+ Division:int32 Format:string IBAN:string Main:boolean+ Modified:datetime Modifier:guid
        ModifierFullName:string Type:string TypeDescription:string
        """,
    ),
    _resource(
        "salesentry/SalesEntries",
        "SalesEntry",
        "sales_entry",
        key="EntryID",
        methods=("GET", "POST", "PUT", "DELETE"),
        lines="SalesEntryLines",
        reference="YourRef",
        names="""
        EntryID:guid AmountDC:double AmountFC:double BatchNumber:int32 Created:datetime Creator:guid
        CreatorFullName:string Currency:string+ Customer:guid+ CustomerName:string Description:string+ Division:int32
        Document:guid+ DocumentNumber:int32 DocumentSubject:string DueDate:datetime+ EntryDate:datetime+
        EntryNumber:int32+ ExternalLinkDescription:string ExternalLinkReference:string+ GAccountAmountFC:double+
        InvoiceNumber:int32+ Journal:string+ JournalDescription:string Modified:datetime Modifier:guid
        ModifierFullName:string OrderNumber:int32+ PaymentCondition:string+ PaymentConditionDescription:string
        PaymentReference:string+ Rate:double+ ReportingPeriod:int16+ ReportingYear:int16+ Reversal:boolean+ Status:int16
        StatusDescription:string Type:int32+ TypeDescription:string VATAmountDC:double VATAmountFC:double
        YourRef:string+
        """,
    ),
    _resource(
        "salesentry/SalesEntryLines",
        "SalesEntryLine",
        "sales_entry_line",
        key="ID",
        reference="EntryID",
        names="""
        ID:guid AmountDC:double AmountFC:double+ CostCenter:string+ CostCenterDescription:string CostUnit:string+
        CostUnitDescription:string Description:string+ Division:int32 EntryID:guid From:datetime+ GLAccount:guid+
        GLAccountCode:string GLAccountDescription:string LineNumber:int32 Notes:string+ Project:guid+
        ProjectDescription:string Quantity:double+ To:datetime+ Type:int32 VATAmountDC:double VATAmountFC:double+
        VATBaseAmountDC:double VATBaseAmountFC:double VATCode:string+ VATCodeDescription:string VATPercentage:double
        """,
    ),
    _resource(
        "purchaseentry/PurchaseEntries",
        "PurchaseEntry",
        "purchase_entry",
        key="EntryID",
        methods=("GET", "POST", "PUT", "DELETE"),
        lines="PurchaseEntryLines",
        reference="YourRef",
        names="""
        EntryID:guid AmountDC:double AmountFC:double BatchNumber:int32 Created:datetime Creator:guid
        CreatorFullName:string Currency:string+ Description:string+ Division:int32 Document:guid+ DocumentNumber:int32
        DocumentSubject:string DueDate:datetime+ EntryDate:datetime+ EntryNumber:int32+ ExternalLinkDescription:string
        ExternalLinkReference:string+ GAccountAmountFC:double+ InvoiceNumber:int32+ Journal:string+
        JournalDescription:string Modified:datetime Modifier:guid ModifierFullName:string OrderNumber:int32+
        PaymentCondition:string+ PaymentConditionDescription:string PaymentReference:string+ Rate:double+
        ReportingPeriod:int16+ ReportingYear:int16+ Reversal:boolean+ Status:int16 StatusDescription:string
        Supplier:guid+ SupplierName:string Type:int32+ TypeDescription:string VATAmountDC:double VATAmountFC:double
        YourRef:string+
        """,
    ),
    _resource(
        "purchaseentry/PurchaseEntryLines",
        "PurchaseEntryLine",
        "purchase_entry_line",
        key="ID",
        reference="EntryID",
        names="""
        ID:guid AmountDC:double AmountFC:double+ CostCenter:string+ CostCenterDescription:string CostUnit:string+
        CostUnitDescription:string Description:string+ Division:int32 EntryID:guid From:datetime+ GLAccount:guid+
        GLAccountCode:string GLAccountDescription:string LineNumber:int32 Notes:string+ Project:guid+
        ProjectDescription:string Quantity:double+ To:datetime+ Type:int32 VATAmountDC:double VATAmountFC:double+
        VATBaseAmountDC:double VATBaseAmountFC:double VATCode:string+ VATCodeDescription:string
        VATNonDeductiblePercentage:double+ VATPercentage:double
        """,
    ),
    _resource(
        "generaljournalentry/GeneralJournalEntries",
        "GeneralJournalEntry",
        "journal_entry",
        key="EntryID",
        methods=("GET", "POST"),
        lines="GeneralJournalEntryLines",
        names="""
        EntryID:guid Created:datetime Currency:string+ Division:int32 EntryNumber:int32+ ExchangeRate:double+
        FinancialPeriod:int16+ FinancialYear:int16+ JournalCode:string+ JournalDescription:string Modified:datetime
        Reversal:boolean+ Status:int16 StatusDescription:string Type:int32+ TypeDescription:string
        """,
    ),
    _resource(
        "generaljournalentry/GeneralJournalEntryLines",
        "GeneralJournalEntryLine",
        "journal_entry_line",
        key="ID",
        reference="EntryID",
        names="""
        ID:guid Account:guid+ AccountCode:string AccountName:string AmountDC:double AmountFC:double+ AmountVATDC:double
        AmountVATFC:double+ CostCenter:string+ CostCenterDescription:string CostUnit:string+ CostUnitDescription:string
        Created:datetime Creator:guid CreatorFullName:string Date:datetime+ Description:string+ Division:int32
        Document:guid+ DocumentNumber:int32 DocumentSubject:string EntryID:guid EntryNumber:int32 GLAccount:guid+
        GLAccountCode:string GLAccountDescription:string LineNumber:int32 Modified:datetime Modifier:guid
        ModifierFullName:string Notes:string+ OurRef:int32+ Project:guid+ ProjectCode:string ProjectDescription:string
        Quantity:double+ VATBaseAmountDC:double VATBaseAmountFC:double VATCode:string+ VATCodeDescription:string
        VATPercentage:double VATType:string
        """,
    ),
    _resource(
        "financial/GLAccounts",
        "GLAccount",
        "gl_account",
        key="ID",
        code="Code",
        names="""
        ID:guid BalanceSide:string BalanceType:string Code:string Costcenter:string CostcenterDescription:string
        Costunit:string CostunitDescription:string Created:datetime Creator:guid CreatorFullName:string
        Description:string Division:int32 IsBlocked:boolean Matching:boolean Modified:datetime Modifier:guid
        ModifierFullName:string SearchCode:string Type:int32 TypeDescription:string UseCostcenter:byte UseCostunit:byte
        VATCode:string VATDescription:string VATNonDeductiblePercentage:double
        """,
    ),
    _resource(
        "vat/VATCodes",
        "VATCode",
        "vat_code",
        key="ID",
        code="Code",
        names="""
        ID:guid Account:guid AccountCode:string AccountName:string Charged:boolean Code:string Country:string
        Created:datetime Creator:guid CreatorFullName:string Description:string Division:int32 GLToClaim:guid
        GLToClaimCode:string GLToClaimDescription:string GLToPay:guid GLToPayCode:string GLToPayDescription:string
        IsBlocked:boolean Modified:datetime Modifier:guid ModifierFullName:string Percentage:double Type:string
        VATTransactionType:string
        """,
    ),
    _resource(
        "financial/Journals",
        "Journal",
        "journal",
        key="ID",
        code="Code",
        names="""
        ID:guid AllowVariableCurrency:boolean AllowVariableExchangeRate:boolean AllowVAT:boolean AutoSave:boolean
        Bank:guid BankAccountIncludingMask:string BankName:string Code:string Created:datetime Creator:guid
        CreatorFullName:string Currency:string CurrencyDescription:string Description:string Division:int32
        GLAccount:guid GLAccountCode:string GLAccountDescription:string Modified:datetime Modifier:guid
        ModifierFullName:string PaymentInTransitAccount:guid Type:int32
        """,
    ),
    _resource(
        "cashflow/PaymentConditions",
        "PaymentCondition",
        "payment_condition",
        key="ID",
        code="Code",
        names="""
        ID:guid Code:string Created:datetime Creator:guid CreatorFullName:string Description:string
        DiscountCalculation:string DiscountPaymentDays:int32 DiscountPercentage:double Division:int32 Modified:datetime
        Modifier:guid ModifierFullName:string PaymentDays:int32 PaymentDiscountType:string PaymentEndOfMonths:int32
        PaymentMethod:string Percentage:double VATCalculation:string
        """,
    ),
    _resource(
        "hrm/Costcenters",
        "Costcenter",
        "cost_center",
        key="ID",
        code="Code",
        names="""
        ID:guid Active:boolean Code:string Created:datetime Creator:guid CreatorFullName:string Description:string
        Division:int32 EndDate:datetime Modified:datetime Modifier:guid ModifierFullName:string
        """,
    ),
    _resource(
        "hrm/Costunits",
        "Costunit",
        "cost_unit",
        key="ID",
        code="Code",
        names="""
        ID:guid Code:string Created:datetime Creator:guid CreatorFullName:string Description:string Division:int32
        EndDate:datetime Modified:datetime Modifier:guid ModifierFullName:string
        """,
    ),
    _resource(
        "general/Currencies",
        "Currency",
        "currency",
        key="Code",
        names="""
        Code:string AmountPrecision:double Created:datetime Description:string Modified:datetime PricePrecision:double
        """,
    ),
    _resource(
        "read/financial/ReceivablesList",
        "ReceivablesList",
        "receivable",
        key="HID",
        bare_list=True,
        names="""
        HID:int64 AccountCode:string AccountId:guid AccountName:string Amount:double AmountInTransit:double
        CurrencyCode:string Description:string DueDate:datetime EntryNumber:int32 Id:guid InvoiceDate:datetime
        InvoiceNumber:int32 JournalCode:string JournalDescription:string YourRef:string
        """,
    ),
    _resource(
        "read/financial/PayablesList",
        "PayablesList",
        "payable",
        key="HID",
        names="""
        HID:int64 AccountCode:string AccountId:guid AccountName:string Amount:double AmountInTransit:double
        ApprovalStatus:int16 CurrencyCode:string Description:string DueDate:datetime EntryNumber:int32 Id:guid
        InvoiceDate:datetime InvoiceNumber:int32 JournalCode:string JournalDescription:string YourRef:string
        """,
    ),
    _resource(
        "financialtransaction/TransactionLines",
        "TransactionLine",
        "transaction_line",
        key="ID",
        reference="EntryID",
        names="""
        ID:guid Account:guid AccountCode:string AccountName:string AmountDC:double AmountFC:double
        AmountVATBaseFC:double AmountVATFC:double CostCenter:string CostCenterDescription:string CostUnit:string
        CostUnitDescription:string Created:datetime Creator:guid CreatorFullName:string Currency:string Date:datetime
        Description:string Division:int32 Document:guid DocumentNumber:int32 DocumentSubject:string DueDate:datetime
        EntryID:guid EntryNumber:int32 ExchangeRate:double FinancialPeriod:int16 FinancialYear:int16 GLAccount:guid
        GLAccountCode:string GLAccountDescription:string InvoiceNumber:int32 JournalCode:string
        JournalDescription:string LineNumber:int32 LineType:int16 Modified:datetime Modifier:guid
        ModifierFullName:string Notes:string OrderNumber:int32 PaymentDiscountAmount:double PaymentReference:string
        Project:guid ProjectCode:string ProjectDescription:string Quantity:double Status:int16 Type:int32 VATCode:string
        VATCodeDescription:string VATPercentage:double VATType:string YourRef:string

        """,
    ),
    # Not in the scrape of 2019; names and types from the class of the same name in picqer/exact-php-client.
    _resource(
        "financial/FinancialPeriods",
        "FinancialPeriod",
        "period",
        key="ID",
        names="""
        ID:guid Created:datetime Creator:guid CreatorFullName:string Division:int32 EndDate:datetime FinPeriod:int16
        FinYear:int16 Modified:datetime Modifier:guid ModifierFullName:string StartDate:datetime
        """,
    ),
    _resource(
        "read/financial/JournalStatusList",
        "JournalStatusList",
        "journal_status",
        key="Journal",
        names="""
        Journal:string Period:int32 Year:int32 JournalDescription:string JournalType:int32
        JournalTypeDescription:string Status:int32 StatusDescription:string
        """,
    ),
)
RESOURCES: Mapping[str, Resource] = {
    **{resource.path.lower(): resource for resource in _ALL},
    # The fact sheet names both addresses for the list of divisions.
    "hrm/divisions": next(resource for resource in _ALL if resource.path == "system/Divisions"),
}
"""By lower-case path: the address is not case sensitive."""
LINES: Mapping[str, Resource] = {
    resource.path.rpartition("/")[2]: resource for resource in _ALL if "Lines" in resource.path
}
"""The lines' resources, by the name of the collection they are in."""
